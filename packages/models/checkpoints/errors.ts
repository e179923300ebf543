/** A checkpoint lacks what the model needs, or has what it cannot use. */
export class CheckpointError extends Error {
  /** `"CheckpointError"`: the file does not hold this model; the message names the entry. */
  override readonly name = "CheckpointError";
}

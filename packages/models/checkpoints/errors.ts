/** A checkpoint lacks what the model needs, or has what it cannot use. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}

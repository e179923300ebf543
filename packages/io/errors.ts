/**
 * Why an image was refused:
 *
 * - `truncated`: the bytes end early;
 * - `corrupt`: the bytes contradict themselves or fail a checksum;
 * - `unsupported`: a real image of a kind that is not read here;
 * - `too-large`: more pixels than the caller allows, found before decoding;
 * - `too-small`: fewer pixels than one patch;
 * - `not-an-image`: no known image format.
 */
export type ImageErrorCode =
  | "truncated"
  | "corrupt"
  | "unsupported"
  | "too-large"
  | "too-small"
  | "not-an-image";

/** An image that cannot be used. `code` is for programs, `message` for people. */
export class ImageError extends Error {
  /** Always `"ImageError"`. */
  override readonly name = "ImageError";

  /**
   * An error of one kind.
   *
   * @param code The kind of refusal.
   * @param message Where, what was found, and what to do.
   */
  constructor(readonly code: ImageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** A file of tensors that breaks its format; the message names the place. */
export class FormatError extends Error {
  /** Always `"FormatError"`. */
  override readonly name = "FormatError";
}

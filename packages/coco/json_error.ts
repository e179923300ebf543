/**
 * What is wrong with a COCO file, and where.
 *
 * @module
 */

/** A place in a file. */
export interface FilePosition {
  /** Bytes before it. */
  readonly byte: number;
  /** Line, from 1. */
  readonly line: number;
  /** Bytes before it on its line, plus 1. */
  readonly column: number;
}

/** A file that is no JSON, or no COCO file; the message names field, fault, line and column. */
export class CocoFormatError extends Error {
  /** Always `"CocoFormatError"`. */
  override readonly name = "CocoFormatError";

  /**
   * An error at one place.
   *
   * @param path The field, like `annotations[1832].segmentation.counts`.
   * @param what What was needed and what came.
   * @param position Where in the file.
   */
  constructor(readonly path: string, what: string, readonly position: FilePosition) {
    super(`${path}: ${what} (line ${position.line}, column ${position.column})`);
  }
}

/** `[height, width]` in pixels. */
export type PictureSize = readonly [height: number, width: number];

/** A picture as a segmenter takes it. */
export interface FittedPicture {
  /** Of the picture as it was, upright. */
  readonly original: PictureSize;
  /** After resizing. */
  readonly resized: PictureSize;
  /** With what was added at the bottom and on the right. */
  readonly padded: PictureSize;
  /** Bytes of `[...padded, 3]`. */
  readonly rgb: Uint8Array<ArrayBuffer>;
}

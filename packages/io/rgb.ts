/** A picture of 8-bit RGB pixels, upright, without alpha. */
export interface RgbImage {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** `[height, width, 3]`, red, green, blue, 0 to 255. */
  readonly data: Uint8Array;
}

/** Width and height in pixels. */
export interface Size {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** `640 × 480`, for messages. */
export function sizeText({ width, height }: Size): string {
  return `${width} × ${height}`;
}

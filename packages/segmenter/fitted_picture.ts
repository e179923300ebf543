import { resizeImage, type RgbImage } from "@fiedler/io";
import { PADDING_RGB } from "@fiedler/models";

/** `[height, width]` in pixels. */
export type PictureSize = readonly [height: number, width: number];

/** The sizes of a picture on its way into a segmenter. */
export interface FittedSizes {
  /** Of the picture as it was, upright. */
  readonly original: PictureSize;
  /** After resizing. */
  readonly resized: PictureSize;
  /** With what was added at the bottom and on the right. */
  readonly padded: PictureSize;
}

/** A picture as a segmenter takes it. */
export interface FittedPicture extends FittedSizes {
  /** Bytes of `[...padded, 3]`. */
  readonly rgb: Uint8Array<ArrayBuffer>;
}

/** Options of {@linkcode fitPicture}. */
export interface FitOptions {
  /** The shorter side gets so many pixels, as `SegmenterConfig` has it, */
  readonly shortSide: number;
  /** unless the longer one would get more than this: then that gets so many. */
  readonly longest: number;
  /** Both sides are then padded to multiples of this, `Network.multiple`. */
  readonly multiple: number;
  /**
   * Colour of the padding in bytes. Default `[124, 116, 104]`: the mean of ImageNet, which
   * normalisation takes to 0 within a hundredth, what the published networks are padded with.
   */
  readonly fill?: readonly [red: number, green: number, blue: number];
}

/**
 * Resizes a picture for a segmenter, antialiased and bilinear, keeping its aspect as far as whole
 * pixels do (halves up, at least one), and pads it at the bottom and on the right.
 *
 * Source: Detectron2's `ResizeShortestEdge`, which the SOLOv2 code bases test with.
 *
 * @throws {RangeError} when the picture is empty or its bytes are not of its size, or an option is no
 *   positive whole number.
 *
 * @example
 * ```ts
 * import { fitPicture } from "@fiedler/segmenter";
 * import assert from "node:assert/strict";
 *
 * const image = { width: 30, height: 20, data: new Uint8Array(30 * 20 * 3) };
 * const { resized, padded } = fitPicture(image, { shortSide: 80, longest: 100, multiple: 32 });
 * assert.deepEqual(resized, [67, 100]); // 80 × 120 would be too long
 * assert.deepEqual(padded, [96, 128]);
 * ```
 */
export function fitPicture(
  image: RgbImage,
  options: FitOptions,
): FittedPicture {
  const { width, height, data } = image;
  if (!positive(width) || !positive(height) || data.length !== 3 * width * height) {
    throw new RangeError(
      `fitPicture: a picture needs pixels of 3 bytes, got ${width} × ${height} pixels in ` +
        `${data.length} bytes`,
    );
  }
  const sizes = fittedSizes([height, width], options);
  const [rows, columns] = sizes.resized;
  const small = resizeImage(image, { height: rows, width: columns });
  return { ...sizes, rgb: pad(small, sizes.padded, options.fill ?? PADDING_RGB) };
}

/**
 * The sizes that {@linkcode fitPicture} brings a picture to.
 *
 * @param original `[height, width]` in pixels, upright.
 * @throws {RangeError} when a size or an option is no positive whole number.
 */
export function fittedSizes(
  original: PictureSize,
  { shortSide, longest, multiple }: Pick<FitOptions, "shortSide" | "longest" | "multiple">,
): FittedSizes {
  if (!original.every(positive)) {
    throw new RangeError(
      `fittedSizes: a picture needs pixels, got ${original.toReversed().join(" × ")}`,
    );
  }
  if (![shortSide, longest, multiple].every(positive)) {
    throw new RangeError(
      "fittedSizes: shortSide, longest and multiple must be positive whole numbers, got " +
        `${shortSide}, ${longest} and ${multiple}`,
    );
  }
  const [short, long] = [Math.min(...original), Math.max(...original)];
  const [to, side] = shortSide * long > longest * short ? [longest, long] : [shortSide, short];
  const scaled = (n: number) => Math.max(1, Math.floor((2 * n * to + side) / (2 * side)));
  const filled = (n: number) => multiple * Math.ceil(n / multiple);
  const resized = [scaled(original[0]), scaled(original[1])] as const;
  const padded = [filled(resized[0]), filled(resized[1])] as const;
  return { original, resized, padded };
}

const positive = (n: number): boolean => Number.isSafeInteger(n) && n > 0;

/** The picture in the top left corner, the rest of one colour. */
function pad(
  { width, height, data }: RgbImage,
  [rows, columns]: PictureSize,
  fill: readonly number[],
): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array(3 * rows * columns);
  for (let at = 0; at < rgb.length; at += 3) rgb.set(fill, at);
  for (let y = 0; y < height; y++) {
    rgb.set(data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * y * columns);
  }
  return rgb;
}

import { type RgbImage, type Size, sizeText } from "./rgb.ts";

/** Resampling filters, named as in Pillow. */
export type Filter = "bilinear" | "bicubic" | "lanczos";

/** Options of {@linkcode resizeImage}. */
export interface ResizeOptions extends Size {
  /** Default `"bilinear"`: our choice. */
  readonly filter?: Filter;
}

/** Half the width of each kernel in source pixels at scale 1, and the kernel. */
const FILTERS: Readonly<Record<Filter, { support: number; weight: (x: number) => number }>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x)) },
  lanczos: { support: 3, weight: (x) => x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0 },
};

/** Keys 1981 with a = -0.5. */
function cubic(x: number): number {
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/** Weights are integers of this many fraction bits: 32 - 8 bits of a level - 2 for overshoot. */
const PRECISION_BITS = 22;
const HALF = 1 << (PRECISION_BITS - 1);

/** Which source places each output place mixes, and how. */
interface Taps {
  /** First source place of each output place. */
  readonly first: Int32Array;
  /** `first` and count of weights, per output place. */
  readonly count: Int32Array;
  /** `[size, widest]`, fixed point. */
  readonly weights: Int32Array;
  readonly widest: number;
}

/**
 * Resizes with antialiasing: the kernel widens with the reduction, so that every source pixel
 * counts. The bytes equal those of Pillow's `Image.resize` for RGB images: columns first, then
 * rows, each rounded to 8 bits.
 *
 * @throws {RangeError} when the size is not two positive integers, or the filter is unknown.
 *
 * @example
 * ```ts
 * import { resizeImage } from "@fiedler/io";
 * import assert from "node:assert/strict";
 *
 * const blackAndWhite = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) };
 * const { data } = resizeImage(blackAndWhite, { width: 1, height: 1 });
 * assert.deepEqual([...data], [128, 128, 128]);
 * ```
 */
export function resizeImage(
  image: RgbImage,
  { width, height, filter = "bilinear" }: ResizeOptions,
): RgbImage {
  if (![width, height].every((side) => Number.isSafeInteger(side) && side > 0)) {
    throw new RangeError(`resizeImage: cannot resize to ${sizeText({ width, height })} pixels`);
  }
  if (!Object.hasOwn(FILTERS, filter)) {
    const known = Object.keys(FILTERS).join(", ");
    throw new RangeError(`resizeImage: filter must be one of ${known}, got ${filter}`);
  }
  let { data } = image;
  if (width !== image.width) {
    data = resizeRows(data, image, tapsOf(image.width, width, filter));
  }
  if (height !== image.height) {
    data = resizeColumns(data, 3 * width, tapsOf(image.height, height, filter));
  }
  return { width, height, data: data === image.data ? data.slice() : data };
}

/** Pillow's rule: a tap is a source pixel whose centre lies under the kernel; sums are 1. */
function tapsOf(from: number, to: number, filter: Filter): Taps {
  const { support, weight } = FILTERS[filter];
  const scale = from / to;
  const widening = Math.max(1, scale);
  const reach = support * widening;
  const widest = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * widest);
  const row = new Float64Array(widest);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - reach + 0.5));
    const taps = Math.min(from, Math.trunc(centre + reach + 0.5)) - start;
    let sum = 0;
    for (let t = 0; t < taps; t++) {
      sum += row[t] = weight((t + start - centre + 0.5) * (1 / widening));
    }
    for (let t = 0; t < taps; t++) {
      const exact = (sum === 0 ? row[t] : row[t] / sum) * (1 << PRECISION_BITS);
      weights[i * widest + t] = Math.trunc(exact < 0 ? exact - 0.5 : exact + 0.5);
    }
    first[i] = start;
    count[i] = taps;
  }
  return { first, count, weights, widest };
}

function clampLevel(sum: number): number {
  const level = sum >> PRECISION_BITS;
  return level < 0 ? 0 : level > 255 ? 255 : level;
}

/** `[height, width, 3]` to `[height, taps, 3]`. */
function resizeRows(data: Uint8Array, { width, height }: Size, taps: Taps): Uint8Array {
  const { first, count, weights, widest } = taps;
  const columns = first.length;
  const out = new Uint8Array(3 * height * columns);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < columns; x++, to += 3) {
      let from = 3 * (y * width + first[x]);
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      const end = x * widest + count[x];
      for (let w = x * widest; w < end; w++, from += 3) {
        red += weights[w] * data[from];
        green += weights[w] * data[from + 1];
        blue += weights[w] * data[from + 2];
      }
      out[to] = clampLevel(red);
      out[to + 1] = clampLevel(green);
      out[to + 2] = clampLevel(blue);
    }
  }
  return out;
}

/** `[height, stride]` to `[taps, stride]`, a whole row at a time. */
function resizeColumns(data: Uint8Array, stride: number, taps: Taps): Uint8Array {
  const { first, count, weights, widest } = taps;
  const rows = first.length;
  const out = new Uint8Array(rows * stride);
  const sums = new Int32Array(stride);
  for (let y = 0; y < rows; y++) {
    sums.fill(HALF);
    for (let t = 0; t < count[y]; t++) {
      const weight = weights[y * widest + t];
      const from = (first[y] + t) * stride;
      for (let i = 0; i < stride; i++) sums[i] += weight * data[from + i];
    }
    for (let i = 0, to = y * stride; i < stride; i++, to++) out[to] = clampLevel(sums[i]);
  }
  return out;
}

/**
 * What a JPEG loses: brightness and colour in blocks of 8 × 8, colour at half the size, cosine
 * transforms rounded to multiples of a table. Not a codec: nothing is packed, and every step is
 * + − × ÷, so that the bytes are the same everywhere, which those of a library need not be.
 *
 * @module
 */

import { clamp, cosine } from "./maths.ts";

/** ITU-T T.81, table K.1: brightness. */
const BRIGHTNESS = [
  [16, 11, 10, 16, 24, 40, 51, 61],
  [12, 12, 14, 19, 26, 58, 60, 55],
  [14, 13, 16, 24, 40, 57, 69, 56],
  [14, 17, 22, 29, 51, 87, 80, 62],
  [18, 22, 37, 56, 68, 109, 103, 77],
  [24, 35, 55, 64, 81, 104, 113, 92],
  [49, 64, 78, 87, 103, 121, 120, 101],
  [72, 92, 95, 98, 112, 100, 103, 99],
].flat();
/** ITU-T T.81, table K.2: colour; all else is 99. */
const COLOUR = BRIGHTNESS.map((_, i) => {
  const corner = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]];
  return corner[i >> 3]?.[i & 7] ?? 99;
});

/** `[frequency, place]` of the cosine transform, orthonormal. */
const BASIS = Float64Array.from({ length: 64 }, (_, i) => {
  const [frequency, place] = [i >> 3, i & 7];
  return (frequency === 0 ? Math.sqrt(0.125) : 0.5) *
    cosine((2 * place + 1) * frequency / 32);
});

/** One component, padded to whole blocks. */
interface Plane {
  /** Pixels a side. */
  readonly size: number;
  /** Numbers a row: a multiple of 8. */
  readonly stride: number;
  readonly data: Float64Array;
}

const emptyPlane = (size: number): Plane => {
  const stride = 8 * Math.ceil(size / 8);
  return { size, stride, data: new Float64Array(stride * stride) };
};

/**
 * Gives a picture the losses of a JPEG, in place.
 *
 * @param data `[size, size, 3]`, 8 bits.
 * @param quality 1 to 100, in libjpeg's scale.
 */
export function compress(data: Uint8Array, size: number, quality: number): void {
  const [light, blue, red] = split(data, size);
  for (const [plane, table] of [[light, BRIGHTNESS], [blue, COLOUR], [red, COLOUR]] as const) {
    pad(plane);
    quantise(plane, stepsOf(table, quality));
  }
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i += 3) {
      const at = (row >> 1) * blue.stride + (column >> 1);
      const [y, cb, cr] = [light.data[row * light.stride + column], blue.data[at], red.data[at]];
      data[i] = byte(y + 1.402 * cr);
      data[i + 1] = byte(y - 0.344136 * cb - 0.714136 * cr);
      data[i + 2] = byte(y + 1.772 * cb);
    }
  }
}

const byte = (value: number): number => clamp(Math.round(value + 128), 0, 255);

/** Brightness at full size and two colour differences at half, round 0 (ITU-R BT.601). */
function split(data: Uint8Array, size: number): readonly [Plane, Plane, Plane] {
  const half = Math.ceil(size / 2);
  const [light, blue, red] = [emptyPlane(size), emptyPlane(half), emptyPlane(half)];
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i += 3) {
      const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
      light.data[row * light.stride + column] = 0.299 * r + 0.587 * g +
        0.114 * b - 128;
      // The last row and column of an odd side stand for two.
      const weight = (row + 1 === size && row % 2 === 0 ? 0.5 : 0.25) *
        (column + 1 === size && column % 2 === 0 ? 2 : 1);
      const at = (row >> 1) * blue.stride + (column >> 1);
      blue.data[at] += weight * (-0.168736 * r - 0.331264 * g + 0.5 * b);
      red.data[at] += weight * (0.5 * r - 0.418688 * g - 0.081312 * b);
    }
  }
  return [light, blue, red];
}

/** Fills the padding with the last column and row. */
function pad({ size, stride, data }: Plane): void {
  for (let row = 0; row < size; row++) {
    data.fill(data[row * stride + size - 1], row * stride + size, (row + 1) * stride);
  }
  for (let row = size; row < stride; row++) {
    data.copyWithin(row * stride, (size - 1) * stride, size * stride);
  }
}

/** libjpeg's scaling of a table by quality. */
function stepsOf(table: readonly number[], quality: number): number[] {
  const percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return table.map((step) => clamp(Math.floor((step * percent + 50) / 100), 1, 255));
}

/** Rounds every block's frequencies to multiples of their steps. */
function quantise({ stride, data }: Plane, steps: readonly number[]): void {
  const block = new Float64Array(64), half = new Float64Array(64);
  for (let top = 0; top < stride; top += 8) {
    for (let left = 0; left < stride; left += 8) {
      const at = top * stride + left;
      for (let i = 0; i < 64; i++) {
        block[i] = data[at + (i >> 3) * stride + (i & 7)];
      }
      transform(block, half, 8, 1);
      transform(half, block, 8, 1);
      for (let i = 0; i < 64; i++) {
        block[i] = Math.round(block[i] / steps[i]) * steps[i];
      }
      transform(block, half, 1, 8);
      transform(half, block, 1, 8);
      for (let i = 0; i < 64; i++) {
        data[at + (i >> 3) * stride + (i & 7)] = block[i];
      }
    }
  }
}

/**
 * `to` = the transpose of `from` × the basis, taken by rows (8, 1) or columns (1, 8): two calls are
 * the transform, or its inverse, along both axes.
 */
function transform(from: Float64Array, to: Float64Array, major: number, minor: number): void {
  for (let row = 0; row < 64; row += 8) {
    const a = from[row], b = from[row + 1], c = from[row + 2], d = from[row + 3];
    const e = from[row + 4], f = from[row + 5], g = from[row + 6], h = from[row + 7];
    for (let i = 0; i < 8; i++) {
      const at = i * major;
      to[i * 8 + (row >> 3)] = a * BASIS[at] + b * BASIS[at + minor] + c * BASIS[at + 2 * minor] +
        d * BASIS[at + 3 * minor] + e * BASIS[at + 4 * minor] + f * BASIS[at + 5 * minor] +
        g * BASIS[at + 6 * minor] + h * BASIS[at + 7 * minor];
    }
  }
}

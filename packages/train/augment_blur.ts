import type { RgbImage } from "@fiedler/io";

const WEIGHT_BITS = 16;
/** Fraction bits between the passes: with 8 bits of a level and those of a weight, 30 of 31. */
const KEPT_BITS = 6;

/**
 * Weights of a Gaussian out to three σ, in whole numbers of which all together make 2¹⁶: a plain area
 * stays as it is, and no engine's rounding shows.
 */
function gaussianWeights(sigma: number): Int32Array {
  const reach = Math.ceil(3 * sigma);
  const exact = Array.from(
    { length: 2 * reach + 1 },
    (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)),
  );
  const sum = exact.reduce((total, weight) => total + weight);
  const weights = Int32Array.from(exact, (weight) => Math.round(weight / sum * 2 ** WEIGHT_BITS));
  weights[reach] += 2 ** WEIGHT_BITS - weights.reduce((total, weight) => total + weight);
  return weights;
}

/**
 * A picture blurred by a Gaussian; beyond its border it goes on as at the border.
 *
 * @param sigma Standard deviation in pixels, positive.
 * @returns `[height, width, 3]`.
 */
export function gaussianBlur({ width, height, data }: RgbImage, sigma: number): Uint8Array {
  const weights = gaussianWeights(sigma);
  return blurColumns(blurRows(data, width, weights), 3 * width, height, weights);
}

/** Rounds a sum and drops so many bits of it. */
const dropped = (sum: number, bits: number): number => (sum + (1 << (bits - 1))) >> bits;

/** Filters along rows; the levels keep `KEPT_BITS`. */
function blurRows(data: Uint8Array, width: number, weights: Int32Array): Int32Array {
  const reach = (weights.length - 1) / 2;
  const out = new Int32Array(data.length);
  const line = new Uint8Array(3 * (width + 2 * reach)); // a row, and what it goes on as
  for (let row = 0; row < data.length; row += 3 * width) {
    for (let x = -reach; x < width + reach; x++) {
      const from = row + 3 * Math.min(width - 1, Math.max(0, x));
      for (let c = 0; c < 3; c++) line[3 * (x + reach) + c] = data[from + c];
    }
    for (let i = 0; i < 3 * width; i++) {
      let sum = 0;
      for (let w = 0; w < weights.length; w++) sum += weights[w] * line[i + 3 * w];
      out[row + i] = dropped(sum, WEIGHT_BITS - KEPT_BITS);
    }
  }
  return out;
}

/** Filters along columns, a whole row of `stride` numbers at a time. */
function blurColumns(
  data: Int32Array,
  stride: number,
  height: number,
  weights: Int32Array,
): Uint8Array {
  const reach = (weights.length - 1) / 2;
  const out = new Uint8Array(data.length);
  const sums = new Int32Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let w = 0; w < weights.length; w++) {
      const from = stride * Math.min(height - 1, Math.max(0, y + w - reach));
      const weight = weights[w];
      for (let i = 0; i < stride; i++) sums[i] += weight * data[from + i];
    }
    for (let i = 0; i < stride; i++) {
      out[y * stride + i] = dropped(sums[i], WEIGHT_BITS + KEPT_BITS);
    }
  }
  return out;
}

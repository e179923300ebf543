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
  const across = new Int32Array(data.length);
  const rows = { lines: height, line: 3 * width, places: width, place: 3 };
  filter(data, across, rows, weights, WEIGHT_BITS - KEPT_BITS);
  const out = new Uint8Array(data.length);
  const columns = { lines: width, line: 3, places: height, place: 3 * width };
  filter(across, out, columns, weights, WEIGHT_BITS + KEPT_BITS);
  return out;
}

/** How the pixels of an image are walked: `lines` of `places`, so many numbers from one to the next. */
interface Walk {
  readonly lines: number;
  readonly line: number;
  readonly places: number;
  readonly place: number;
}

/** Filters along lines, and drops `bits` of the sums, rounded. */
function filter(
  from: Uint8Array | Int32Array,
  to: Uint8Array | Int32Array,
  { lines, line, places, place }: Walk,
  weights: Int32Array,
  bits: number,
): void {
  const reach = (weights.length - 1) / 2;
  for (let l = 0; l < lines; l++) {
    for (let p = 0; p < places; p++) {
      let [red, green, blue] = [1 << (bits - 1), 1 << (bits - 1), 1 << (bits - 1)];
      for (let w = 0; w < weights.length; w++) {
        const at = l * line + Math.min(places - 1, Math.max(0, p + w - reach)) * place;
        red += weights[w] * from[at];
        green += weights[w] * from[at + 1];
        blue += weights[w] * from[at + 2];
      }
      const at = l * line + p * place;
      to[at] = red >> bits;
      to[at + 1] = green >> bits;
      to[at + 2] = blue >> bits;
    }
  }
}

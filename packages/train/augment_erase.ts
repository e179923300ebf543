import type { RgbImage } from "@fiedler/io";
import { philox4x32, type RandomSource } from "@fiedler/kernels";

/** A rectangle of noise. */
export interface Erasing {
  /** Probability that there is one. */
  readonly probability: number;
  /** Its area as a share of the picture's: from, to. */
  readonly area: readonly [least: number, largest: number];
  /** Its height over its width: from, to; drawn evenly in its logarithm. */
  readonly aspect: readonly [least: number, largest: number];
}

/** A rectangle that does not fit is drawn again, so many times in all. */
const ATTEMPTS = 10;

/** Random numbers, each in [0, 1), that one erasing takes. */
export const ERASING_DRAWS = 1 + 4 * ATTEMPTS;

/**
 * Fills a random rectangle with random bytes, in place. Nothing happens when no attempt fits.
 *
 * Source: Zhong et al. 2020, arXiv 1708.04896, algorithm 1.
 *
 * @param noise which bytes: a sequence of `random` apart from its numbers.
 */
export function eraseRectangle(
  { width, height, data }: RgbImage,
  { probability, area, aspect }: Erasing,
  draws: ArrayLike<number>,
  { random, noise }: { random: RandomSource; noise: number },
): void {
  if (draws[0] >= probability) return;
  for (let at = 1; at < ERASING_DRAWS; at += 4) {
    const pixels = width * height * (area[0] + (area[1] - area[0]) * draws[at]);
    const ratio = aspect[0] * (aspect[1] / aspect[0]) ** draws[at + 1];
    const rows = Math.round(Math.sqrt(pixels * ratio));
    const columns = Math.round(Math.sqrt(pixels / ratio));
    if (rows >= height || columns >= width) continue;
    const top = Math.floor(draws[at + 2] * (height - rows + 1));
    const left = Math.floor(draws[at + 3] * (width - columns + 1));
    const bytes = randomBytes(3 * rows * columns, random, noise);
    for (let y = 0; y < rows; y++) {
      const line = bytes.subarray(3 * columns * y, 3 * columns * (y + 1));
      data.set(line, 3 * ((top + y) * width + left));
    }
    return;
  }
}

/** Bytes of a seed and stream; number 1 and up, as 0 holds what `uniforms` draws. */
function randomBytes(
  count: number,
  { seed, stream = 0 }: RandomSource,
  sequence: number,
): Uint8Array {
  const bytes = new Uint8Array(count);
  const key = [seed % 2 ** 32, stream] as const;
  for (let i = 0; i < count; i += 16) {
    const words = philox4x32([i / 16, sequence, Math.floor(seed / 2 ** 32), 0], key);
    for (let b = i; b < Math.min(count, i + 16); b++) {
      bytes[b] = words[(b - i) >> 2] >>> (8 * (b & 3));
    }
  }
  return bytes;
}

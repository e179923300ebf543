import { philox4x32, type RandomSource } from "@fiedler/kernels";

/** What a pretraining draws numbers for; each use has streams of its own. */
const USES = {
  /** Patches that are hidden, for each step and picture. */
  mask: 101,
  /** Window and direction of a crop, for each step and crop. */
  crop: 102,
  /** Colours of a crop, for each step and crop. */
  colour: 103,
  /** Kind of a generated picture, for each index. */
  mode: 104,
} as const;

/** One of the uses. */
export type PretrainUse = keyof typeof USES;

/**
 * The stream for one use at one place, say (step, picture): a hash of all three and the seed, so that
 * any step can be made without those before it.
 *
 * @throws {RangeError} when the seed is no whole number from 0 to 2⁵³ − 1.
 */
export function pretrainRandom(
  seed: number,
  use: PretrainUse,
  [first, second]: readonly [number, number],
): RandomSource {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed must be a whole number from 0 to 2^53 - 1, got ${seed}`);
  }
  const [low, high, stream] = philox4x32(
    [first % 2 ** 32, Math.floor(first / 2 ** 32), second, USES[use]],
    [seed % 2 ** 32, Math.floor(seed / 2 ** 32)],
  );
  return { seed: low + 2 ** 32 * (high >>> 11), stream };
}

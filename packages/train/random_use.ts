import { philox4x32, type RandomSource } from "@fiedler/kernels";

/** What a training draws numbers for; each use has streams of its own. */
const USES = {
  /** Order of the pictures of one orientation, for each epoch. */
  order: 1,
  /** Which orientation a step has. */
  orientation: 2,
  /** Size and direction of a weak view, for each step and position. */
  weakView: 3,
  /** Colours of a strong view, for each step and position. */
  strongView: 4,
  /** Objects that are pasted, for each step and position of the target. */
  paste: 5,
  /** Window of a weak view, for each step and position. */
  zoom: 6,
} as const;

/** One of the uses. */
export type RandomUse = keyof typeof USES;

/**
 * The stream for one use at one place, say (step, position): a hash of all three and the seed, so that
 * any step can be made without those before it, and no two streams of a training agree.
 *
 * @throws {RangeError} when the seed is no whole number from 0 to 2⁵³ − 1.
 */
export function randomFor(
  seed: number,
  use: RandomUse,
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

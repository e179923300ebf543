import assert from "node:assert/strict";

/** How far `actual` may be from `expected`: |a − e| ≤ absolute + relative · max|expected|. */
export interface Tolerance {
  readonly relative?: number;
  readonly absolute?: number;
}

/** The comparison that came nearest to its limit, or went farthest beyond it. */
export interface Closeness {
  /** Largest |actual − expected|. */
  readonly error: number;
  /** What was allowed: 0 where both had to be the same. */
  readonly limit: number;
}

let worst: Closeness | null = null;

/** The worst comparison since it was last asked for; null when there was none. */
export function takeWorst(): Closeness | null {
  const taken = worst;
  worst = null;
  return taken;
}

/** Error in parts of what is allowed: 1 is the limit, `Infinity` a difference where none may be. */
export const inTolerances = ({ error, limit }: Closeness): number =>
  Number.isNaN(error) ? Infinity : error === 0 ? 0 : error / limit;

/** Fails with the worst index, both values and how many others are off. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative = 0, absolute = 0 }: Tolerance,
): void {
  assert.equal(actual.length, expected.length, "number of elements");
  let scale = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  const limit = absolute + relative * scale;
  let largest = 0;
  let at = -1;
  let off = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    if (!(error <= limit)) off++;
    if (error <= largest || Number.isNaN(largest)) continue;
    largest = error; // NaN is worse than any number
    at = i;
  }
  const closeness = { error: largest, limit };
  if (worst === null || inTolerances(closeness) >= inTolerances(worst)) worst = closeness;
  if (off === 0) return;
  assert.fail(
    `element ${at}: got ${actual[at]}, expected ${expected[at]} ± ${limit}; ` +
      `${off} of ${expected.length} are off`,
  );
}

/** Fails unless both hold the same integers. */
export function assertSame(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assertClose(actual, expected, {});
}

import { uniforms } from "@fiedler/kernels";

/** A number found on some pictures, and how far other pictures would have moved it. */
export interface Estimate {
  /** On the pictures as they are; NaN where they say nothing of it. */
  readonly value: number;
  /** Standard error; null where too few resamples say anything of it. */
  readonly error: number | null;
}

/** Options of {@linkcode bootstrap}. */
export interface BootstrapOptions {
  /** How often pictures are drawn. Default 1000. */
  readonly resamples?: number;
  /** Which pictures are drawn. Default 0. */
  readonly seed?: number;
}

/**
 * Standard errors by drawing pictures with replacement: objects of one picture are not independent,
 * pictures are.
 *
 * A difference of two models on the same pictures is a statistic of its own, and its error is then
 * that of the paired difference, since both sides see the same draw.
 *
 * @param pictures how many there are.
 * @param statistics the numbers of interest when picture i counts `weights[i]` times.
 * @returns an estimate of each. The error is null when fewer than half of the resamples yield a
 * finite number: a bucket that one picture in a hundred fills.
 *
 * @example
 * ```ts
 * import { bootstrap } from "@fiedler/study";
 * import assert from "node:assert/strict";
 *
 * const values = Float64Array.from({ length: 400 }, (_, i) => i % 2);
 * const mean = (weights: Uint32Array) =>
 *   values.reduce((sum, value, i) => sum + value * weights[i], 0) / values.length;
 * const [{ value, error }] = bootstrap(400, (weights) => [mean(weights)]);
 * assert.equal(value, 0.5);
 * assert.ok(Math.abs(error! - 0.5 / 20) < 0.002); // σ / √n
 * ```
 */
export function bootstrap(
  pictures: number,
  statistics: (weights: Uint32Array) => readonly number[],
  { resamples = 1000, seed = 0 }: BootstrapOptions = {},
): Estimate[] {
  const values = statistics(new Uint32Array(pictures).fill(1));
  const drawn = values.map(() => [] as number[]);
  for (let stream = 0; stream < resamples; stream++) {
    const weights = new Uint32Array(pictures);
    for (const place of uniforms(pictures, { seed, stream })) {
      weights[Math.floor(place * pictures)]++;
    }
    statistics(weights).forEach((value, i) => {
      if (Number.isFinite(value)) drawn[i].push(value);
    });
  }
  return values.map((value, i) => ({
    value,
    error: 2 * drawn[i].length < Math.max(resamples, 4) ? null : deviation(drawn[i]),
  }));
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

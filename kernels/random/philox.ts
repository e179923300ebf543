/**
 * Randomness of the kernels and of all that computes with them: counter-based, so that a value
 * depends on the seed, the stream and its own position, never on what was drawn before or on how
 * work is batched. Generated scenes, which draw far more, have a cheaper hash of their own.
 *
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", Philox4x32-10.
 *
 * @module
 */

/** Four words of 32 bits, each from 0 to 2³² − 1. */
export type Words4 = [number, number, number, number];

const ROUNDS = 10;
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const KEY_STEPS = [0x9e3779b9, 0xbb67ae85] as const; // golden ratio, sqrt(3) - 1

/**
 * The block of random words at `counter` under `key`: a bijection of the counter.
 *
 * ```ts
 * import { philox4x32 } from "@fiedler/kernels";
 * import assert from "node:assert/strict";
 * assert.equal(philox4x32([0, 0, 0, 0], [0, 0])[0], 0x6627e8d5);
 * ```
 */
export function philox4x32(
  counter: Readonly<Words4>,
  key: readonly [number, number],
): Words4 {
  let [a, b, c, d] = counter;
  let [k, l] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const first = Math.imul(MULTIPLIERS[0], a) >>> 0;
    const second = Math.imul(MULTIPLIERS[1], c) >>> 0;
    const firstHigh = multiplyHigh(MULTIPLIERS[0], a);
    const secondHigh = multiplyHigh(MULTIPLIERS[1], c);
    [a, b, c, d] = [(secondHigh ^ b ^ k) >>> 0, second, (firstHigh ^ d ^ l) >>> 0, first];
    k = (k + KEY_STEPS[0]) >>> 0;
    l = (l + KEY_STEPS[1]) >>> 0;
  }
  return [a, b, c, d];
}

/** Upper 32 bits of a 64-bit product; every partial product stays below 2⁵³. */
function multiplyHigh(x: number, y: number): number {
  const xLow = x & 0xffff, xHigh = x >>> 16;
  const yLow = y & 0xffff, yHigh = y >>> 16;
  const middle = xHigh * yLow + Math.floor(xLow * yLow / 0x10000);
  const carry = xLow * yHigh + middle % 0x10000;
  return xHigh * yHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000);
}

/** Which sequence of random numbers to take. */
export interface RandomSource {
  /** Whole number from 0 to 2⁵³ − 1, chosen by the caller. */
  readonly seed: number;
  /** Independent sequences of one seed: a use, an image, a restart. Default `0`. */
  readonly stream?: number;
}

/**
 * The first `count` numbers of a sequence, uniform in [0, 1), in steps of 2⁻²⁴: exact in f32.
 * A longer sequence begins with the shorter one.
 *
 * @throws {RangeError} for a seed or stream that is no whole number in range.
 */
export function uniforms(count: number, source: RandomSource): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count);
  words(count, source, (word, i) => out[i] = (word >>> 8) / 2 ** 24);
  return out;
}

/**
 * The first `count` numbers of a sequence with mean 0 and variance 1, by Box and Muller.
 * A longer sequence begins with the shorter one.
 *
 * @throws {RangeError} for a seed or stream that is no whole number in range.
 */
export function normals(count: number, source: RandomSource): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count + count % 2);
  let radius = 0;
  words(out.length, source, (word, i) => {
    if (i % 2 === 0) {
      radius = Math.sqrt(-2 * Math.log((word + 1) / 2 ** 32)); // never the logarithm of 0
      return;
    }
    const angle = 2 * Math.PI * word / 2 ** 32;
    out[i - 1] = radius * Math.cos(angle);
    out[i] = radius * Math.sin(angle);
  });
  return out.length === count ? out : out.slice(0, count);
}

function words(
  count: number,
  { seed, stream = 0 }: RandomSource,
  use: (word: number, index: number) => void,
): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed must be a whole number from 0 to 2^53 - 1, got ${seed}`);
  }
  if (!Number.isInteger(stream) || stream < 0 || stream >= 2 ** 32) {
    throw new RangeError(`stream must be a whole number from 0 to 2^32 - 1, got ${stream}`);
  }
  const key = [seed % 2 ** 32, stream] as const;
  const seedHigh = Math.floor(seed / 2 ** 32);
  for (let block = 0; 4 * block < count; block++) {
    const four = philox4x32([block % 2 ** 32, 0, seedHigh, 0], key);
    for (let i = 0; i < 4 && 4 * block + i < count; i++) use(four[i], 4 * block + i);
  }
}

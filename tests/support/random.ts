/** A small seeded generator for test inputs (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` f32 values, uniform in [low, high). */
export function uniform(
  count: number,
  { seed, low = -1, high = 1 }: { seed: number; low?: number; high?: number },
): Float32Array<ArrayBuffer> {
  const next = generator(seed);
  return Float32Array.from({ length: count }, () => low + (high - low) * next());
}

/** `count` f32 values of the standard normal distribution. */
export function normal(count: number, { seed }: { seed: number }): Float32Array<ArrayBuffer> {
  const next = generator(seed);
  const one = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return Float32Array.from({ length: count }, one);
}

/** `count` whole numbers in [0, limit). */
export function integers(
  count: number,
  { seed, limit }: { seed: number; limit: number },
): Uint32Array<ArrayBuffer> {
  const next = generator(seed);
  return Uint32Array.from({ length: count }, () => Math.floor(next() * limit));
}

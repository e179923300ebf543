/**
 * Numbers that the scripts in `tools/make_*_goldens.py` make alike, so that only results are stored:
 * FNV-1a of a name, then murmur3's last steps of each index.
 */

/** Calls `each` with `count` numbers in [-1, 1). */
export function eachHashed(
  name: string,
  count: number,
  each: (value: number, i: number) => void,
): void {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  for (let i = 0; i < count; i++) {
    let h = (Math.imul(i, 0x9e3779b1) + seed) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    each(((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1, i);
  }
}

/** An array of a shape, rounded to f32 as the scripts round it. */
export function hashed(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const out = new Float32Array(shape.reduce((product, length) => product * length, 1));
  eachHashed(name, out.length, (value, i) => out[i] = value);
  return out;
}

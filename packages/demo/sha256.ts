import type { ByteSource } from "@fiedler/io";

/** Bytes that are read at once: a multiple of a block. */
const CHUNK = 2 ** 22;
/** Bytes of a block. */
const BLOCK = 64;

/**
 * SHA-256 of what may be larger than memory: `crypto.subtle` wants all of it at once.
 *
 * Source: FIPS 180-4, §6.2.
 *
 * @returns 64 lower-case hexadecimal digits.
 */
export async function sha256Of(source: ByteSource): Promise<string> {
  const state = Int32Array.from(START);
  const { size } = source;
  const whole = size - size % BLOCK;
  for (let at = 0; at < whole; at += CHUNK) {
    addBlocks(state, await source.read(at, Math.min(CHUNK, whole - at)));
  }
  const rest = await source.read(whole, size - whole);
  const last = new Uint8Array(rest.length + 9 <= BLOCK ? BLOCK : 2 * BLOCK);
  last.set(rest);
  last[rest.length] = 0x80;
  new DataView(last.buffer).setBigUint64(last.length - 8, 8n * BigInt(size));
  addBlocks(state, last);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** The first 64 primes. */
const PRIMES = Array.from({ length: 312 }, (_, n) => n).filter((n) =>
  n > 1 && !Array.from({ length: n }, (_, d) => d).some((d) => d > 1 && n % d === 0)
);
/** The first 32 bits of the fraction of a root; f64 has 53, of which 5 lie before the point. */
const bits = (root: number) => Math.floor((root - Math.floor(root)) * 2 ** 32);
const START = Array.from(PRIMES.slice(0, 8), (prime) => bits(Math.sqrt(prime)) | 0);
const ROUNDS = Int32Array.from(PRIMES, (prime) => bits(Math.cbrt(prime)) | 0);

const turned = (word: number, by: number) => word >>> by | word << (32 - by);

/** Takes whole blocks in. */
function addBlocks(state: Int32Array, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const w = new Int32Array(64);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    for (let t = 0; t < 16; t++) w[t] = view.getInt32(at + 4 * t);
    for (let t = 16; t < 64; t++) {
      const x = w[t - 15];
      const y = w[t - 2];
      const s0 = turned(x, 7) ^ turned(x, 18) ^ x >>> 3;
      const s1 = turned(y, 17) ^ turned(y, 19) ^ y >>> 10;
      w[t] = w[t - 16] + s0 + w[t - 7] + s1 | 0;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let t = 0; t < 64; t++) {
      const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
      const t1 = h + s1 + (e & f ^ ~e & g) + ROUNDS[t] + w[t] | 0;
      const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
      const t2 = s0 + (a & b ^ a & c ^ b & c) | 0;
      h = g;
      g = f;
      f = e;
      e = d + t1 | 0;
      d = c;
      c = b;
      b = a;
      a = t1 + t2 | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => state[i] += word);
  }
}

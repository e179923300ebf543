/**
 * Decodes IEEE 754 half precision exactly, with subnormals, infinities and NaN.
 *
 * @param bits 16 bits a value.
 */
export function halfToFloat(bits: Uint16Array): Float32Array<ArrayBuffer> {
  table ??= Float32Array.from({ length: 1 << 16 }, (_, half) => decode(half));
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]];
  return out;
}

/** All 65,536 values, made at first use. */
let table: Float32Array | undefined;

function decode(half: number): number {
  const sign = half >> 15 ? -1 : 1;
  const exponent = half >> 10 & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Decodes bfloat16: the upper half of an f32. */
export function bfloatToFloat(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(bits.length);
  const words = new Uint32Array(out.buffer);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return out;
}

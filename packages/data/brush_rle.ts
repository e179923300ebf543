/**
 * The run lengths of Label Studio's brush: an RGBA picture, row by row, as a stream of bits.
 *
 * Header: 32 bits number of values, 5 bits size of a value less 1, four times 4 bits size of a
 * length less 1. Then blocks: 1 bit, whether one value follows that is repeated or as many as the
 * length says; 2 bits, which of the four sizes the length has; the length less 1; the values. High
 * bits come first. The mask is the alpha channel.
 *
 * Source: the rle-pack format of thi.ng/umbrella, which Label Studio uses, from its description.
 *
 * @module
 */
import { FormatError } from "@fiedler/io";

const VALUE_BITS = 8;
/** What Label Studio writes. */
const LENGTH_BITS = [3, 4, 8, 16] as const;

/**
 * A mask as Label Studio's brush stores it: 255 in all four channels inside, 0 outside.
 *
 * @param mask Row-major, 0 or anything else.
 * @returns Bytes as numbers, ready for `value.rle`.
 *
 * @example
 * ```ts
 * import { decodeBrush, encodeBrush } from "@fiedler/data";
 * import assert from "node:assert/strict";
 *
 * const mask = Uint8Array.of(0, 1, 1, 0);
 * assert.deepEqual(decodeBrush(encodeBrush(mask), 4, "mask"), mask);
 * ```
 */
export function encodeBrush(mask: Uint8Array): number[] {
  const bits = new BitWriter();
  bits.write(4 * mask.length, 32);
  bits.write(VALUE_BITS - 1, 5);
  for (const size of LENGTH_BITS) bits.write(size - 1, 4);
  for (let start = 0; start < mask.length;) {
    const inside = mask[start] !== 0;
    let end = start;
    while (end < mask.length && (mask[end] !== 0) === inside) end++;
    for (let left = 4 * (end - start); left > 0;) {
      const length = Math.min(left, 1 << 16);
      const size = LENGTH_BITS.findIndex((bits) => length <= 1 << bits);
      bits.write(1, 1);
      bits.write(size, 2);
      bits.write(length - 1, LENGTH_BITS[size]);
      bits.write(inside ? 255 : 0, VALUE_BITS);
      left -= length;
    }
    start = end;
  }
  return bits.bytes();
}

/**
 * The mask of a brush: where alpha is not 0.
 *
 * @param pixels Pixels of the picture.
 * @param where The region, the start of each message.
 * @returns Row-major, 0 or 1.
 * @throws {FormatError} when the bits end early or are of another size.
 */
export function decodeBrush(rle: readonly number[], pixels: number, where: string): Uint8Array {
  const bits = new BitReader(rle, where);
  const values = bits.read(32);
  if (values !== 4 * pixels) {
    throw new FormatError(`${where}: rle must be of ${4 * pixels} values, got ${values}`);
  }
  const valueBits = bits.read(5) + 1;
  const lengthBits = LENGTH_BITS.map(() => bits.read(4) + 1);
  const mask = new Uint8Array(pixels);
  for (let i = 0; i < values;) {
    const repeated = bits.read(1) === 1;
    const end = i + 1 + bits.read(lengthBits[bits.read(2)]);
    if (end > values) throw new FormatError(`${where}: rle goes on after its last pixel`);
    if (repeated) {
      // Alpha is every fourth value, from 3 on.
      if (bits.read(valueBits) !== 0) mask.fill(1, Math.ceil((i - 3) / 4), Math.floor(end / 4));
      i = end;
      continue;
    }
    for (; i < end; i++) {
      if (bits.read(valueBits) !== 0 && i % 4 === 3) mask[(i - 3) / 4] = 1;
    }
  }
  return mask;
}

class BitWriter {
  readonly #bytes: number[] = [];
  #used = 0; // bits of the last byte

  write(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) {
      if (this.#used % 8 === 0) this.#bytes.push(0);
      this.#bytes[this.#bytes.length - 1] |= (value >>> bit & 1) << (7 - this.#used % 8);
      this.#used++;
    }
  }

  bytes(): number[] {
    return this.#bytes;
  }
}

class BitReader {
  #at = 0;

  constructor(private readonly bytes: readonly number[], private readonly where: string) {}

  read(count: number): number {
    if (this.#at + count > 8 * this.bytes.length) {
      throw new FormatError(`${this.where}: rle ends after ${this.bytes.length} bytes, too early`);
    }
    let value = 0;
    for (const end = this.#at + count; this.#at < end; this.#at++) {
      value = 2 * value + (this.bytes[this.#at >> 3] >> (7 - this.#at % 8) & 1);
    }
    return value;
  }
}

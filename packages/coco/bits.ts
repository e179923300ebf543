/**
 * Run lengths to and from packed bits, 32 pixels a word.
 *
 * Pixel (x, y) is bit `i % 32`, lowest first, of word `⌊i / 32⌋`, i = y × width + x: the layout in
 * which GPU kernels hold masks. Bits beyond the last pixel are 0.
 *
 * @module
 */
import type { Rle } from "./rle.ts";
import { spansOf } from "./rle_spans.ts";

/**
 * The packed bits of a mask.
 *
 * @returns ⌈height × width / 32⌉ words, row-major, lowest bit first.
 * @throws {RangeError} when the counts do not fill the picture exactly.
 *
 * @example
 * ```ts
 * import { bitsFromRle, rleFromBits } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * const rle = { size: [2, 3], counts: [3, 3] } as const; // rows 0 0 1 and 0 1 1
 * const bits = bitsFromRle(rle);
 * assert.deepEqual(bits, Uint32Array.of(0b110_100));
 * assert.deepEqual(rleFromBits(bits, 2, 3), rle);
 * ```
 */
export function bitsFromRle(rle: Rle): Uint32Array<ArrayBuffer> {
  const { height, width, edges } = spansOf(rle, "bitsFromRle");
  const bits = new Uint32Array(Math.ceil(height * width / 32));
  for (let run = 0; run < edges.length; run += 2) {
    let y = edges[run] % height;
    let x = (edges[run] - y) / height;
    for (let left = edges[run + 1] - edges[run]; left > 0; left--) {
      const i = y * width + x;
      bits[Math.floor(i / 32)] |= 1 << (i % 32);
      if (++y === height) {
        y = 0;
        x++;
      }
    }
  }
  return bits;
}

/**
 * The run lengths of packed bits.
 *
 * @param bits ⌈height × width / 32⌉ words, row-major, lowest bit first; bits beyond the last pixel
 *   are not read.
 * @throws {RangeError} when `bits` has another length.
 */
export function rleFromBits(bits: Uint32Array, height: number, width: number): Rle {
  const words = Math.ceil(height * width / 32);
  if (bits.length !== words) {
    throw new RangeError(
      `rleFromBits: ${height} × ${width} pixels take ${words} words, got ${bits.length}`,
    );
  }
  const counts: number[] = [];
  let inside = 0;
  let run = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0, i = x; y < height; y++, i += width) {
      if ((bits[Math.floor(i / 32)] >>> (i % 32) & 1) !== inside) {
        counts.push(run);
        run = 0;
        inside = 1 - inside;
      }
      run++;
    }
  }
  counts.push(run);
  return { size: [height, width], counts };
}

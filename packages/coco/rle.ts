/**
 * COCO run lengths: a binary mask as the lengths of its runs, column by column.
 *
 * "Counts" alternate background, foreground, background, …; the first may be 0. Pixel (x, y) has
 * position `x * height + y`.
 *
 * Source: the format of the COCO API (`maskApi`), re-implemented from its description.
 *
 * @module
 */
import { spansOf } from "./rle_spans.ts";

/** A mask as run lengths. */
export interface Rle {
  /** `[height, width]` of the picture. */
  readonly size: readonly [height: number, width: number];
  /** Column-major counts, background first; they sum to height × width. */
  readonly counts: ArrayLike<number>;
}

/**
 * Run lengths of a mask.
 *
 * @param mask `[height, width]` row-major, 0 or anything else.
 * @returns Column-major counts, background first; one 0 for an empty picture.
 * @throws {RangeError} when `mask` has not `height × width` entries.
 *
 * @example
 * ```ts
 * import { encodeRle, rleToString } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * const mask = Uint8Array.of(0, 0, 1, 0, 1, 1); // two rows of three
 * const counts = encodeRle(mask, 2, 3); // columns 0 0, 0 1, 1 1
 * assert.deepEqual(counts, [3, 3]);
 * assert.equal(rleToString(counts), "33");
 * ```
 */
export function encodeRle(mask: Uint8Array, height: number, width: number): number[] {
  if (mask.length !== height * width) {
    throw new RangeError(
      `encodeRle: mask must have ${height} × ${width} entries, got ${mask.length}`,
    );
  }
  const counts: number[] = [];
  let inside = false;
  let run = 0;
  for (let x = 0; x < width; x++) {
    for (let i = x; i < mask.length; i += width) {
      if ((mask[i] !== 0) !== inside) {
        counts.push(run);
        run = 0;
        inside = !inside;
      }
      run++;
    }
  }
  counts.push(run);
  return counts;
}

/**
 * The mask of run lengths.
 *
 * @param counts Column-major counts that sum to `height × width`.
 * @returns `[height, width]` row-major, 0 or 1.
 * @throws {RangeError} when a count is negative or not an integer, or the counts do not fill the
 *   picture exactly.
 */
export function decodeRle(counts: ArrayLike<number>, height: number, width: number): Uint8Array {
  const { edges } = spansOf({ size: [height, width], counts }, "decodeRle");
  const mask = new Uint8Array(height * width);
  for (let run = 0; run < edges.length; run += 2) {
    let y = edges[run] % height;
    let x = (edges[run] - y) / height;
    for (let left = edges[run + 1] - edges[run]; left > 0; left--) {
      mask[y * width + x] = 1;
      if (++y === height) {
        y = 0;
        x++;
      }
    }
  }
  return mask;
}

/** Number of foreground pixels. */
export function rleArea(counts: ArrayLike<number>): number {
  let area = 0;
  for (let i = 1; i < counts.length; i += 2) area += counts[i];
  return area;
}

/**
 * The tight box of a mask, in whole pixels.
 *
 * @param height Height of the picture: the length of a column.
 * @returns `[x, y, width, height]`; four zeros for an empty mask.
 */
export function rleBox(
  counts: ArrayLike<number>,
  height: number,
): [x: number, y: number, width: number, height: number] {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  let start = 0;
  for (let run = 0; run < counts.length; run++) {
    const count = counts[run];
    if (run % 2 === 1 && count > 0) {
      const last = start + count - 1;
      const column = Math.floor(start / height);
      const lastColumn = Math.floor(last / height);
      // A run into the next column covers the bottom of one and the top of the other.
      const crosses = lastColumn > column;
      left = Math.min(left, column);
      right = Math.max(right, lastColumn);
      top = Math.min(top, crosses ? 0 : start % height);
      bottom = Math.max(bottom, crosses ? height - 1 : last % height);
    }
    start += count;
  }
  return right < 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1];
}

/**
 * COCO run lengths: a binary mask as the lengths of its runs, column by column.
 *
 * "Counts" alternate background, foreground, background, …; the first may be 0. Pixel (x, y) has
 * position `x * height + y`. The compressed string stores each count from the third foreground or
 * background run on as a difference to the run before last, in groups of 5 bits, low group first.
 *
 * Source: the format of the COCO API (`maskApi`), re-implemented from its description.
 *
 * @module
 */

const FIRST_CODE = 48; // "0": the character of an empty 5-bit group
const LAST_CODE = FIRST_CODE + 63; // five bits of value, one that says "more follows"
const MAX_GROUPS = 10; // 50 bits: a longer number would not be exact in a double

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
 * @throws {RangeError} when the counts do not fill the picture exactly.
 */
export function decodeRle(counts: readonly number[], height: number, width: number): Uint8Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== height * width) {
    throw new RangeError(`decodeRle: counts must sum to ${height} × ${width}, got ${total}`);
  }
  const mask = new Uint8Array(total);
  let start = 0;
  counts.forEach((count, run) => {
    const end = start + count;
    if (run % 2 === 1) {
      let y = start % height;
      let x = (start - y) / height;
      for (let i = start; i < end; i++) {
        mask[y * width + x] = 1;
        if (++y === height) {
          y = 0;
          x++;
        }
      }
    }
    start = end;
  });
  return mask;
}

/**
 * The compressed string of run lengths, as COCO files hold it.
 *
 * @throws {RangeError} when a count is negative or not an integer.
 */
export function rleToString(counts: readonly number[]): string {
  let text = "";
  counts.forEach((count, i) => {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`rleToString: counts[${i}] must be an integer ≥ 0, got ${count}`);
    }
    let rest = i > 2 ? count - counts[i - 2] : count;
    for (let more = true; more;) {
      const group = ((rest % 32) + 32) % 32;
      rest = Math.floor(rest / 32);
      more = rest !== (group >= 16 ? -1 : 0); // bit 4 is the sign of what follows
      text += String.fromCharCode(FIRST_CODE + group + (more ? 32 : 0));
    }
  });
  return text;
}

/**
 * The run lengths of a compressed string.
 *
 * @throws {RangeError} that names the position, on a character outside the alphabet, a number that
 *   is cut off or too long, or a negative count.
 */
export function rleFromString(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length;) {
    const start = at;
    let value = 0;
    let scale = 1;
    for (let more = true; more;) {
      const code = at < text.length ? text.charCodeAt(at) : -1;
      if (code < 0) throw new RangeError(`rleFromString: number at ${start} is cut off`);
      if (code < FIRST_CODE || code > LAST_CODE) {
        throw new RangeError(
          `rleFromString: characters must be "0" to "o", got ${JSON.stringify(text[at])} at ${at}`,
        );
      }
      if (at - start === MAX_GROUPS) {
        throw new RangeError(`rleFromString: number at ${start} is too long`);
      }
      const group = (code - FIRST_CODE) % 32;
      more = code - FIRST_CODE >= 32;
      value += (!more && group >= 16 ? group - 32 : group) * scale;
      scale *= 32;
      at++;
    }
    const i = counts.length;
    const count = i > 2 ? counts[i - 2] + value : value;
    if (count < 0) throw new RangeError(`rleFromString: count at ${start} is negative: ${count}`);
    counts.push(count);
  }
  return counts;
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

/**
 * Run lengths of a grid mask at picture size, upsampled to the nearest cell.
 *
 * The picture is never built: time and memory are those of the runs, not of the pixels.
 *
 * @param mask `[rows, columns]` row-major, 0 or anything else.
 * @param columns Columns of the grid.
 * @param rowOf `[height]` grid row of each picture row; −1 where the grid does not reach.
 * @param columnOf `[width]` grid column of each picture column; −1 likewise.
 * @returns Column-major counts of a `[height, width]` mask, equal to those of `encodeRle`.
 * @throws {RangeError} when a map points outside the grid.
 */
export function rleFromGrid(
  mask: Uint8Array,
  columns: number,
  rowOf: Int32Array,
  columnOf: Int32Array,
): number[] {
  const rows = mask.length / columns;
  expectWithin("rowOf", rowOf, rows);
  expectWithin("columnOf", columnOf, columns);
  const flips = Array.from({ length: columns }, (_, column) => {
    return flipsOfColumn((y) => rowOf[y] >= 0 && mask[rowOf[y] * columns + column] !== 0, rowOf);
  });
  const counts: number[] = [];
  const height = rowOf.length;
  let start = 0; // where the open run began
  let inside = false;
  const flipAt = (position: number) => {
    counts.push(position - start);
    start = position;
    inside = !inside;
  };
  columnOf.forEach((column, x) => {
    const rowFlips = column < 0 ? [] : flips[column];
    const startsInside = rowFlips[0] === 0;
    if (startsInside !== inside) flipAt(x * height);
    for (const y of rowFlips) if (y > 0) flipAt(x * height + y);
  });
  counts.push(columnOf.length * height - start);
  return counts;
}

/** The rows at which a column changes, from background above the first row. */
function flipsOfColumn(isSet: (y: number) => boolean, { length }: Int32Array): number[] {
  const flips: number[] = [];
  for (let y = 0, inside = false; y < length; y++) {
    if (isSet(y) === inside) continue;
    flips.push(y);
    inside = !inside;
  }
  return flips;
}

function expectWithin(name: string, map: Int32Array, size: number): void {
  const at = map.findIndex((cell) => cell < -1 || cell >= size);
  if (at >= 0) {
    throw new RangeError(`rleFromGrid: ${name}[${at}] must be -1 to ${size - 1}, got ${map[at]}`);
  }
}

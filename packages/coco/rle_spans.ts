/**
 * The foreground of a mask as a list of spans: what overlap and merging work on.
 *
 * @module
 */
import type { Rle } from "./rle.ts";

/** The most pixels of a picture: positions are 32-bit, as in the COCO API. */
export const MAX_PIXELS = 2 ** 32 - 1;

/** Starts and ends of the foreground runs, in turn, and what is known of their picture. */
export interface Spans {
  readonly height: number;
  readonly width: number;
  readonly edges: Uint32Array;
  readonly area: number;
}

/**
 * The spans of a mask, which is checked on the way.
 *
 * @param where Begins the message of an error.
 * @throws {RangeError} when a count is negative or not whole, or the counts do not fill the picture.
 */
export function spansOf({ size: [height, width], counts }: Rle, where: string): Spans {
  const edges = new Uint32Array(counts.length - counts.length % 2);
  let position = 0;
  let area = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i];
    if (!Number.isInteger(count) || count < 0) {
      throw new RangeError(`${where}: counts[${i}] must be an integer ≥ 0, got ${count}`);
    }
    position += count;
    if (i < edges.length) edges[i] = position;
    if (i % 2 === 1) area += count;
  }
  if (position !== height * width) {
    throw new RangeError(`${where}: counts must sum to ${height} × ${width}, got ${position}`);
  }
  if (position > MAX_PIXELS) {
    throw new RangeError(`${where}: at most ${MAX_PIXELS} pixels, got ${height} × ${width}`);
  }
  return { height, width, edges, area };
}

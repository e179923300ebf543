/**
 * Union and intersection of masks, run by run.
 *
 * @module
 */
import type { Rle } from "./rle.ts";
import { spansOf } from "./rle_spans.ts";

/**
 * The pixels that are in any of the masks.
 *
 * Time grows with the number of runs, not with the picture.
 *
 * @throws {RangeError} when there is no mask, sizes differ, or counts do not fill their picture.
 *
 * @example
 * ```ts
 * import { rleIntersection, rleUnion } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * const upper = { size: [4, 1], counts: [0, 3, 1] } as const;
 * const lower = { size: [4, 1], counts: [2, 2] } as const;
 * assert.deepEqual(rleUnion([upper, lower]), { size: [4, 1], counts: [0, 4] });
 * assert.deepEqual(rleIntersection([upper, lower]), { size: [4, 1], counts: [2, 1, 1] });
 * ```
 */
export function rleUnion(rles: readonly Rle[]): Rle {
  return whereCovered("rleUnion", rles, 1);
}

/**
 * The pixels that are in all of the masks.
 *
 * @throws {RangeError} when there is no mask, sizes differ, or counts do not fill their picture.
 */
export function rleIntersection(rles: readonly Rle[]): Rle {
  return whereCovered("rleIntersection", rles, rles.length);
}

/** The pixels that at least `least` of the masks cover: a sweep over all starts and all ends. */
function whereCovered(where: string, rles: readonly Rle[], least: number): Rle {
  const { size: [height, width], starts, ends } = startsAndEnds(where, rles);
  const counts: number[] = [];
  let last = 0; // where the open run began
  let covered = 0;
  let inside = false;
  for (let i = 0, j = 0; j < ends.length;) {
    const at = i < starts.length && starts[i] < ends[j] ? starts[i] : ends[j];
    while (i < starts.length && starts[i] === at) {
      covered++;
      i++;
    }
    while (j < ends.length && ends[j] === at) {
      covered--;
      j++;
    }
    if ((covered >= least) === inside) continue;
    counts.push(at - last);
    last = at;
    inside = !inside;
  }
  if (last < height * width || counts.length === 0) counts.push(height * width - last);
  return { size: [height, width], counts };
}

function startsAndEnds(where: string, rles: readonly Rle[]) {
  if (rles.length === 0) throw new RangeError(`${where}: needs at least one mask, got none`);
  const { size } = rles[0];
  const masks = rles.map((rle, i) => spansOf(rle, `${where}: masks[${i}]`));
  masks.forEach(({ height, width }, i) => {
    if (height === size[0] && width === size[1]) return;
    throw new RangeError(
      `${where}: sizes must match, got ${size.join(" × ")} and, at ${i}, ${height} × ${width}`,
    );
  });
  const total = masks.reduce((sum, { edges }) => sum + edges.length, 0) / 2;
  const starts = new Uint32Array(total);
  const ends = new Uint32Array(total);
  let at = 0;
  for (const { edges } of masks) {
    for (let i = 0; i < edges.length; i += 2) {
      starts[at] = edges[i];
      ends[at++] = edges[i + 1];
    }
  }
  return { size, starts: starts.sort(), ends: ends.sort() };
}

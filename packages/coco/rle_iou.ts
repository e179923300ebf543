/**
 * Overlap of masks and of boxes as the COCO evaluation measures it, crowd rule included.
 *
 * Source: the rules of the COCO API (`rleIou`, `bbIou` of `maskApi`), re-implemented: masks are
 * compared by their runs, pixels are never built.
 *
 * @module
 */
import { type Rle, rleBox } from "./rle.ts";
import { spansOf } from "./rle_spans.ts";

/** `[x, y, width, height]` in pixels, as COCO files hold it. */
export type Box = readonly [x: number, y: number, width: number, height: number];

/**
 * Intersection over union of every detection with every ground truth mask.
 *
 * With a crowd region the denominator is the detection's area: a detection inside the region
 * overlaps it fully. Masks of different sizes whose boxes overlap give −1, as in the COCO API: no
 * threshold is met. The two areas and the intersection are whole numbers, so the result is the
 * correctly rounded quotient, the same on every machine.
 *
 * @param dt Detections.
 * @param gt Ground truth.
 * @param crowd Which of `gt` are crowd regions.
 * @returns `[dt, gt]` row-major.
 * @throws {RangeError} when `crowd` has not one entry for each of `gt`, or counts do not fill
 *   their picture exactly.
 *
 * @example
 * ```ts
 * import { rleIou } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * const whole = { size: [2, 2], counts: [0, 4] } as const;
 * const left = { size: [2, 2], counts: [0, 2, 2] } as const;
 * assert.deepEqual([...rleIou([left, whole], [whole], [false])], [0.5, 1]);
 * assert.deepEqual([...rleIou([left, whole], [whole], [true])], [1, 1]); // inside the crowd
 * ```
 */
export function rleIou(
  dt: readonly Rle[],
  gt: readonly Rle[],
  crowd: readonly boolean[],
): Float64Array<ArrayBuffer> {
  expectCrowd("rleIou", gt, crowd);
  const out = boxIou(dt.map(boxOf), gt.map(boxOf), crowd);
  const rows = dt.map((rle, i) => spansOf(rle, `rleIou: dt[${i}]`));
  const columns = gt.map((rle, i) => spansOf(rle, `rleIou: gt[${i}]`));
  rows.forEach((a, i) => {
    columns.forEach((b, j) => {
      const at = i * gt.length + j;
      if (out[at] === 0) return; // the boxes are apart
      if (a.height !== b.height || a.width !== b.width) {
        out[at] = -1;
        return;
      }
      const shared = overlap(a.edges, b.edges);
      out[at] = shared === 0 ? 0 : shared / (crowd[j] ? a.area : a.area + b.area - shared);
    });
  });
  return out;
}

/**
 * Intersection over union of every detection with every ground truth box.
 *
 * Boxes are continuous: a width of 3 reaches from x to x + 3. With a crowd region the denominator
 * is the detection's area.
 *
 * @param dt Detections.
 * @param gt Ground truth.
 * @param crowd Which of `gt` are crowd regions.
 * @returns `[dt, gt]` row-major.
 * @throws {RangeError} when `crowd` has not one entry for each of `gt`.
 */
export function boxIou(
  dt: readonly Box[],
  gt: readonly Box[],
  crowd: readonly boolean[],
): Float64Array<ArrayBuffer> {
  expectCrowd("boxIou", gt, crowd);
  const out = new Float64Array(dt.length * gt.length);
  dt.forEach(([x, y, width, height], i) => {
    for (let j = 0; j < gt.length; j++) {
      const [left, top, across, down] = gt[j];
      const sharedWidth = Math.min(x + width, left + across) - Math.max(x, left);
      if (sharedWidth <= 0) continue;
      const sharedHeight = Math.min(y + height, top + down) - Math.max(y, top);
      if (sharedHeight <= 0) continue;
      const shared = sharedWidth * sharedHeight;
      const area = width * height;
      out[i * gt.length + j] = shared / (crowd[j] ? area : area + across * down - shared);
    }
  });
  return out;
}

const boxOf = ({ size: [height], counts }: Rle): Box => rleBox(counts, height);

function expectCrowd(where: string, gt: readonly unknown[], crowd: readonly boolean[]): void {
  if (crowd.length !== gt.length) {
    throw new RangeError(
      `${where}: crowd must have one entry for each of ${gt.length} gt, got ${crowd.length}`,
    );
  }
}

/** Pixels that two lists of spans share. */
export function overlap(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const start = a[i] > b[j] ? a[i] : b[j];
    const [endA, endB] = [a[i + 1], b[j + 1]];
    const end = endA < endB ? endA : endB;
    if (end > start) shared += end - start;
    if (endA <= endB) i += 2;
    if (endB <= endA) j += 2;
  }
  return shared;
}

/**
 * COCO image ids of pictures, by one rule for data sets and for runs over them, so that results and
 * ground truth agree: the numbers that the files are named by, if all are and no two agree
 * (`000000000139.jpg`, `COCO_train2014_000000000009.jpg`, `2007_000032.jpg`); else places in the
 * listing, from 1.
 *
 * @param names Paths or names of the pictures, in their order.
 *
 * @example
 * ```ts
 * import { pictureIds } from "@fiedler/data";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(pictureIds(["val/000000000139.jpg", "val/000000000285.jpg"]), [139, 285]);
 * assert.deepEqual(pictureIds(["2007_000032.jpg"]), [2007000032]);
 * assert.deepEqual(pictureIds(["cat.jpg", "7.jpg"]), [1, 2]);
 * ```
 */
export function pictureIds(names: readonly string[]): number[] {
  const ids = names.map((name) => {
    const match = NUMBERED.exec(name.slice(name.lastIndexOf("/") + 1));
    return match ? Number(match[1].replace("_", "")) : NaN;
  });
  const usable = new Set(ids).size === ids.length && !ids.some(Number.isNaN);
  return usable ? ids : names.map((_, i) => i + 1);
}

/** A whole name: digits, those of VOC in two parts, with an extension or none. */
const NUMBERED = /^(?:COCO_\w+_)?(\d{1,15}|\d{4}_\d{6})(?:\.[^.]*)?$/;

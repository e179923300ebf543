/**
 * Any segmentation of COCO JSON as run lengths.
 *
 * @module
 */
import { rleFromBox, rleFromPolygons } from "./polygons.ts";
import type { Rle } from "./rle.ts";
import { rleUnion } from "./rle_merge.ts";
import { spansOf } from "./rle_spans.ts";
import { rleFromString, rleToString } from "./rle_string.ts";

/** Run lengths as COCO JSON holds them: results and some tools compress, crowds are plain. */
export interface CocoRle {
  /** `[height, width]` of the picture. */
  readonly size: readonly [height: number, width: number];
  /** The compressed string, or the counts. */
  readonly counts: string | readonly number[];
}

/** The `segmentation` of an annotation or a result: polygons, or run lengths. */
export type CocoSegmentation = readonly (readonly number[])[] | CocoRle;

/**
 * The mask of a segmentation, whichever form it has.
 *
 * Several polygons are one mask. As in the COCO API, a list of four numbers is a box
 * `[x, y, width, height]`; boxes and polygons do not mix.
 *
 * @param height Height of the picture.
 * @param width Width of the picture.
 * @throws {RangeError} when run lengths are of another size, do not fill the picture, or are no
 *   valid string; when a polygon has fewer than three vertices or a number is not finite.
 *
 * @example
 * ```ts
 * import { compressRle, rleFromSegmentation } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * const polygons = [[2.5, 1.5, 9.5, 1.5, 9.5, 6.5, 2.5, 6.5]];
 * const rle = rleFromSegmentation(polygons, 10, 12);
 * const json = compressRle(rle); // what a results file holds
 * assert.deepEqual(json, { size: [10, 12], counts: "P15500000000000b0" });
 * assert.deepEqual(rleFromSegmentation(json, 10, 12), rle);
 * ```
 */
export function rleFromSegmentation(
  segmentation: CocoSegmentation,
  height: number,
  width: number,
): Rle {
  if (!("counts" in segmentation)) {
    const boxes = segmentation.length > 0 && segmentation.every(({ length }) => length === 4);
    if (!boxes) return rleFromPolygons(segmentation, height, width);
    return rleUnion(segmentation.map(([x, y, w, h]) => rleFromBox([x, y, w, h], height, width)));
  }
  const { size, counts } = segmentation;
  if (size[0] !== height || size[1] !== width) {
    throw new RangeError(
      `rleFromSegmentation: size must be that of the picture, ${height} × ${width}, ` +
        `got ${size.join(" × ")}`,
    );
  }
  const rle: Rle = { size, counts: typeof counts === "string" ? rleFromString(counts) : counts };
  spansOf(rle, "rleFromSegmentation");
  return rle;
}

/**
 * A mask as a results file holds it.
 *
 * @throws {RangeError} when a count is negative or not an integer.
 */
export function compressRle({ size, counts }: Rle): { size: Rle["size"]; counts: string } {
  return { size, counts: rleToString(counts) };
}

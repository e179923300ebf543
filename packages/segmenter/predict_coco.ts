import { type CocoResult, compressRle } from "@fiedler/coco";
import type { Detection } from "./detection.ts";

/** Options of {@linkcode cocoDetections}. */
export interface CocoDetectionsOptions {
  /** COCO id of each category, by its number from 0. Default: the number + 1. */
  readonly categoryIds?: readonly number[];
  /**
   * Writes `bbox` too, for readers that want it. Default `false`: pycocotools takes the area of a
   * result that has a box from the box, which shifts the small, medium and large figures.
   */
  readonly boxes?: boolean;
}

/**
 * The detections of a picture as COCO results, for `writeCocoResults`.
 *
 * They carry their boxes in their masks: of a result without `bbox`, pycocotools and our evaluator
 * both take the tight box of the mask, which is `Detection.box`, and the area of the mask.
 *
 * @throws {RangeError} when a category has no id.
 *
 * @example
 * ```ts
 * import { cocoDetections, type Detection } from "@fiedler/segmenter";
 * import assert from "node:assert/strict";
 *
 * const detection: Detection = {
 *   ...{ score: 0.75, category: 0, cell: { level: 0, index: 3 }, classScore: 0.9, maskness: 0.9 },
 *   ...{ mask: { size: [2, 2], counts: [2, 2] }, box: [1, 0, 1, 2], area: 2 },
 * };
 * const segmentation = { size: [2, 2], counts: "22" } as const;
 * assert.deepEqual(cocoDetections(7, [detection]), [
 *   { image_id: 7, category_id: 1, segmentation, score: 0.75 },
 * ]);
 * ```
 */
export function cocoDetections(
  imageId: number,
  detections: readonly Detection[],
  { categoryIds, boxes = false }: CocoDetectionsOptions = {},
): CocoResult[] {
  return detections.map(({ category, mask, box, score }) => {
    const category_id = categoryIds ? categoryIds[category] : category + 1;
    if (category_id === undefined) {
      throw new RangeError(
        `cocoDetections: category ${category} needs an id, got ${categoryIds!.length} ids`,
      );
    }
    const segmentation = compressRle(mask);
    return { image_id: imageId, category_id, segmentation, ...(boxes ? { bbox: box } : {}), score };
  });
}

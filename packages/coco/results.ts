/**
 * The COCO results file, streamed: one detection a line, memory independent of their number.
 *
 * @module
 */

/** What {@linkcode cocoResults} reads of a mask; the pipeline's `MaskRecord` is one. */
export interface CocoMask {
  /** Place among the picture's candidates, 0 is best; null when it never was one. */
  readonly rank: number | null;
  /** Null when kept; dropped masks are not written. */
  readonly dropped: object | null;
  /** Compressed run lengths at picture size, `size` = `[height, width]`. */
  readonly segmentation?: { readonly size: readonly [number, number]; readonly counts: string };
  /** `[x, y, width, height]` in pixels. */
  readonly bbox?: readonly [number, number, number, number];
}

/** What {@linkcode cocoResults} reads of a picture; the pipeline's `PictureRecord` is one. */
export interface CocoPicture {
  /** COCO image id. */
  readonly id: number;
  /** All masks of the picture, in any order. */
  readonly masks: readonly CocoMask[];
}

/** Options of {@linkcode cocoResults}. */
export interface CocoResultsOptions {
  /**
   * Writes `bbox` too. Default `false`: pycocotools takes the area of a result that has a box from
   * the box, not from the mask, which shifts the small, medium and large figures.
   */
  readonly boxes?: boolean;
}

/**
 * The score of a proposal: 1 / (1 + rank).
 *
 * COCO sorts detections of all pictures by score and a proposal only has a rank in its own. The
 * formula is in (0, 1], falls strictly with the rank, and does not depend on how many masks the
 * picture has: over a data set all first masks come before all second ones. Our choice.
 *
 * @throws {RangeError} when `rank` is negative or not an integer.
 */
export function rankScore(rank: number): number {
  if (!Number.isInteger(rank) || rank < 0) {
    throw new RangeError(`rankScore: rank must be an integer ≥ 0, got ${rank}`);
  }
  return 1 / (1 + rank);
}

/**
 * The kept masks of a run as a COCO results file: a JSON array, one result a line, best first.
 *
 * The category is always 1: the proposals are class-agnostic.
 *
 * @returns Chunks of text; together one JSON array that ends in a newline.
 * @throws {RangeError} when a kept mask has no rank, no `segmentation`, or lacks a wanted `bbox`.
 *
 * @example
 * ```ts
 * import { cocoResults } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * async function* pictures() {
 *   const segmentation = { size: [2, 2], counts: "22" } as const;
 *   yield { id: 7, masks: [{ rank: 0, dropped: null, segmentation }] };
 * }
 * const [result] = JSON.parse((await Array.fromAsync(cocoResults(pictures()))).join(""));
 * assert.equal(result.image_id, 7);
 * assert.equal(result.score, 1); // the best of its picture
 * ```
 */
export async function* cocoResults(
  pictures: AsyncIterable<CocoPicture>,
  { boxes = false }: CocoResultsOptions = {},
): AsyncIterable<string> {
  let separator = "[\n";
  for await (const picture of pictures) {
    const kept = picture.masks.filter((mask) => mask.dropped === null);
    const lines = kept
      .map((mask) => result(picture.id, mask, boxes))
      .sort((a, b) => b.score - a.score)
      .map((line) => JSON.stringify(line));
    if (lines.length === 0) continue;
    yield separator + lines.join(",\n");
    separator = ",\n";
  }
  yield separator === "[\n" ? "[]\n" : "\n]\n";
}

interface Result {
  readonly image_id: number;
  readonly category_id: 1;
  readonly segmentation: NonNullable<CocoMask["segmentation"]>;
  readonly bbox?: CocoMask["bbox"];
  readonly score: number;
}

function result(imageId: number, mask: CocoMask, boxes: boolean): Result {
  const { rank, segmentation, bbox } = mask;
  if (rank === null || !segmentation || (boxes && !bbox)) {
    const missing = rank === null ? "rank" : segmentation ? "bbox" : "segmentation";
    throw new RangeError(`cocoResults: a kept mask of image ${imageId} has no ${missing}`);
  }
  return {
    image_id: imageId,
    category_id: 1,
    segmentation: { size: segmentation.size, counts: segmentation.counts },
    ...(boxes ? { bbox } : {}),
    score: rankScore(rank),
  };
}

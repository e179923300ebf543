/**
 * The COCO results file, streamed both ways: memory is independent of the number of detections.
 *
 * @module
 */
import type { JsonCursor } from "./json_cursor.ts";
import { readBox, readId, readSegmentation } from "./json_fields.ts";
import { type ByteStream, JsonStream } from "./json_stream.ts";
import { jsonLine, jsonLines } from "./json_write.ts";
import type { CocoSegmentation } from "./rle_from_segmentation.ts";
import type { Box } from "./rle_iou.ts";

/** One detection of a results file; it has a segmentation, a box, or both. */
export interface CocoResult {
  /** Id of the image. */
  readonly image_id: number;
  /** Id of the category. */
  readonly category_id: number;
  /** The mask: run lengths, in most files compressed. */
  readonly segmentation?: CocoSegmentation;
  /** `[x, y, width, height]` in pixels. */
  readonly bbox?: Box;
  /** Confidence: any finite number, the higher the better. */
  readonly score: number;
}

/**
 * The detections of a results file, one at a time.
 *
 * A file of any size is read in the memory of a few of its lines. Ids may be whole numbers or
 * strings of just such a number; an empty list as `segmentation` or `bbox` counts as absent; other
 * fields are skipped. Whether images and categories exist only the ground truth knows.
 *
 * @param bytes The file, as a stream.
 * @throws {CocoFormatError} that names the result and the field: when the file is no JSON, or no
 *   array of results; when an id or the score is missing or no finite number; when a result has
 *   neither segmentation nor box; when run lengths do not fill their `size`.
 *
 * @example
 * ```ts
 * import { readCocoResults } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * const text = `[{"image_id": 7, "category_id": 1, "bbox": [0, 0, 5, 4], "score": 0.5}]`;
 * for await (const result of readCocoResults(new Blob([text]).stream())) {
 *   assert.deepEqual(result.bbox, [0, 0, 5, 4]);
 * }
 * ```
 */
export async function* readCocoResults(bytes: ByteStream): AsyncGenerator<CocoResult, void> {
  const json = new JsonStream(bytes, "results");
  try {
    await json.read(() => json.cursor.skipByteOrderMark());
    const needed = "an array of results; an object may be the ground truth";
    yield* json.elements(() => readResult(json.cursor), needed);
    await json.end();
  } finally {
    await json.close();
  }
}

function readResult(json: JsonCursor): CocoResult {
  json.peek();
  const { offset } = json;
  let image_id: number | undefined;
  let category_id: number | undefined;
  let segmentation: CocoSegmentation | undefined;
  let bbox: Box | undefined;
  let score: number | undefined;
  json.object((key) => {
    if (key === "image_id") image_id = readId(json);
    else if (key === "category_id") category_id = readId(json);
    else if (key === "segmentation") segmentation = readSegmentation(json);
    else if (key === "bbox") bbox = readBox(json);
    else if (key === "score") score = json.number();
    else json.skip();
  }, "a result");
  if (image_id === undefined || category_id === undefined || score === undefined) {
    const missing = image_id === undefined
      ? "image_id"
      : category_id === undefined
      ? "category_id"
      : "score";
    json.fail(`${missing} is missing`, { offset });
  }
  if (segmentation === undefined && bbox === undefined) {
    json.fail("needs a segmentation or a bbox", { offset });
  }
  return {
    image_id,
    category_id,
    ...(segmentation ? { segmentation } : {}),
    ...(bbox ? { bbox } : {}),
    score,
  };
}

/**
 * A results file: a JSON array, one detection a line, in the order in which they come.
 *
 * The bytes depend on the results alone: fields stand in one order, others are left out.
 *
 * @returns Chunks of text; together one JSON array that ends in a newline.
 * @throws {RangeError} that names the result, when a number is not finite, or there is neither
 *   segmentation nor box.
 *
 * @example
 * ```ts
 * import { writeCocoResults } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * const segmentation = { size: [2, 2], counts: "22" } as const;
 * const results = [{ image_id: 7, category_id: 1, segmentation, score: 0.5 }];
 * const text = (await Array.fromAsync(writeCocoResults(results))).join("");
 * assert.deepEqual(JSON.parse(text), results);
 * ```
 */
export async function* writeCocoResults(
  results: Iterable<CocoResult> | AsyncIterable<CocoResult>,
): AsyncGenerator<string, void> {
  yield "[";
  yield* jsonLines(results, (result, i) => {
    const { image_id, category_id, segmentation, bbox, score } = result;
    const where = `writeCocoResults: results[${i}]`;
    if (!segmentation && !bbox) throw new RangeError(`${where} needs a segmentation or a bbox`);
    return jsonLine({ image_id, category_id, segmentation, bbox, score }, where);
  });
  yield "]\n";
}

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
export function cocoResults(
  pictures: AsyncIterable<CocoPicture>,
  { boxes = false }: CocoResultsOptions = {},
): AsyncIterable<string> {
  return writeCocoResults(keptMasks(pictures, boxes));
}

async function* keptMasks(pictures: AsyncIterable<CocoPicture>, boxes: boolean) {
  for await (const { id, masks } of pictures) {
    const kept = masks.filter((mask) => mask.dropped === null);
    yield* kept.map((mask) => result(id, mask, boxes)).sort((a, b) => b.score - a.score);
  }
}

function result(imageId: number, mask: CocoMask, boxes: boolean): CocoResult {
  const { rank, segmentation, bbox } = mask;
  if (rank === null || !segmentation || (boxes && !bbox)) {
    const missing = rank === null ? "rank" : segmentation ? "bbox" : "segmentation";
    throw new RangeError(`cocoResults: a kept mask of image ${imageId} has no ${missing}`);
  }
  return {
    image_id: imageId,
    category_id: 1,
    segmentation,
    ...(boxes ? { bbox } : {}),
    score: rankScore(rank),
  };
}

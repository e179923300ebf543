import { type CocoResult, compressRle, writeCocoResults } from "@fiedler/coco";
import type { Detection } from "@fiedler/segmenter";
import type { FittedInput } from "./fit.ts";
import type { RecordKind } from "./run_folder.ts";

/** An object that was found in a picture. */
export interface DetectionRecord {
  readonly score: number;
  /** From 0. */
  readonly category: number;
  /** Probability that the cell shows an object, and mean probability inside the mask. */
  readonly classScore: number;
  readonly maskness: number;
  /** Level of the network, and cell row × grid + column on it. */
  readonly level: number;
  readonly cell: number;
  /** `[x, y, width, height]` in pixels, tight. */
  readonly bbox: readonly [number, number, number, number];
  /** Pixels of the mask. */
  readonly area: number;
  /** At picture size: COCO's compressed run lengths. */
  readonly segmentation: { readonly size: readonly [number, number]; readonly counts: string };
}

/** One picture's result: one line of `predictions/shard-*.jsonl`. */
export interface PredictionRecord {
  /** Path relative to the input folder, with `/`. */
  readonly image: string;
  /** COCO image id. */
  readonly id: number;
  /** SHA-256 of the file's bytes. */
  readonly sha256: string;
  /** Original `[height, width]` in pixels, after EXIF orientation. */
  readonly size: readonly [number, number];
  /** `[height, width]` that the network saw. */
  readonly resized: readonly [number, number];
  /** Best first. */
  readonly detections: readonly DetectionRecord[];
}

/** Records of predictions. */
export const PREDICTIONS: RecordKind<PredictionRecord> = {
  folder: "predictions",
  masks: ({ detections }) => detections.length,
};

/** What is kept of a picture. */
export const predictionRecord = (
  { image, id, sha256, picture }: FittedInput,
  detections: readonly Detection[],
): PredictionRecord => ({
  image,
  id,
  sha256,
  size: picture.original,
  resized: picture.resized,
  detections: detections.map(detectionRecord),
});

/** A detection as it is kept; probabilities to 1e-6. */
function detectionRecord(detection: Detection): DetectionRecord {
  const { score, category, classScore, maskness, cell, box, area, mask } = detection;
  return {
    score: rounded(score),
    category,
    classScore: rounded(classScore),
    maskness: rounded(maskness),
    level: cell.level,
    cell: cell.index,
    bbox: box,
    area,
    segmentation: compressRle(mask),
  };
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/**
 * All detections as a COCO results file. Boxes stay in the records: pycocotools takes the area of a
 * result that has a box from the box, not from the mask, which shifts the figures by size.
 */
export const cocoPredictions = (
  records: AsyncIterable<PredictionRecord>,
): AsyncIterable<string> => writeCocoResults(resultsOf(records));

async function* resultsOf(records: AsyncIterable<PredictionRecord>): AsyncGenerator<CocoResult> {
  for await (const { id, detections } of records) {
    for (const { category, segmentation, score } of detections) {
      yield { image_id: id, category_id: category + 1, segmentation, score };
    }
  }
}

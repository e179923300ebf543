/**
 * COCO without dependencies: run lengths, results files, and the evaluation.
 *
 * @module
 */

export { maskOutlines, maskPolygons, type Outline } from "./outlines.ts";
export { decodeRle, encodeRle, type Rle, rleArea, rleBox } from "./rle.ts";
export { rleFromString, rleToString } from "./rle_string.ts";
export { rleFromGrid } from "./rle_grid.ts";
export { type Box, boxIou, rleIou } from "./rle_iou.ts";
export { rleIntersection, rleUnion } from "./rle_merge.ts";
export { bitsFromRle, rleFromBits } from "./bits.ts";
export { rleFromBox, rleFromPolygons } from "./polygons.ts";
export {
  type CocoRle,
  type CocoSegmentation,
  compressRle,
  rleFromSegmentation,
} from "./rle_from_segmentation.ts";
export {
  type CocoMask,
  type CocoPicture,
  type CocoResult,
  cocoResults,
  type CocoResultsOptions,
  rankScore,
  readCocoResults,
  writeCocoResults,
} from "./results.ts";
export {
  type CocoAnnotation,
  type CocoCategory,
  type CocoEntry,
  type CocoImage,
  type CocoInstances,
  type CocoInstancesSource,
  loadCocoInstances,
  readCocoInstances,
  writeCocoInstances,
} from "./ground_truth.ts";
export { CocoFormatError, type FilePosition } from "./json_error.ts";
export type { ByteStream } from "./json_stream.ts";
export {
  evaluate,
  type EvaluateOptions,
  type Evaluation,
  Evaluator,
  type Occurrence,
} from "./evaluate.ts";
export type { RegionType } from "./evaluate_objects.ts";
export {
  AREA_RANGES,
  type AreaRange,
  type Curves,
  IOU_THRESHOLDS,
  meanPrecision,
  meanRecall,
  type Metrics,
  RECALL_THRESHOLDS,
  type Selection,
  summarise,
  UNDEFINED_METRIC,
} from "./metrics.ts";
export { COUNT_BUCKETS, type RecallByCount, type RecallByCountOptions } from "./recall.ts";

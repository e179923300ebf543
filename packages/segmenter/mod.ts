/**
 * The segmenter: a frozen backbone, a pyramid, the heads of SOLOv2, and what they find in pictures.
 *
 * @module
 */
export { FULL_SEGMENTER, type SegmenterConfig, TINY_SEGMENTER } from "./config.ts";
export { differencesOf } from "./config_fields.ts";
export { detect } from "./detect.ts";
export type { DetectOptions } from "./detect_options.ts";
export type { Detection } from "./detection.ts";
export {
  type FitOptions,
  fitPicture,
  type FittedPicture,
  type FittedSizes,
  fittedSizes,
  type PictureSize,
} from "./fitted_picture.ts";
export { loadNetwork, networkPlans } from "./load_network.ts";
export { makeNetwork } from "./make_network.ts";
export { mapSource, vitMaps } from "./map_source.ts";
export { networkFlops } from "./network_flops.ts";
export { matrixNms, type MatrixNmsOptions, type OverlappingMasks } from "./matrix_nms.ts";
export type { MapSource, NamedParameter, Network } from "./network.ts";
export { pointNms } from "./point_nms.ts";
export { predict, type PredictOptions } from "./predict.ts";
export { cocoDetections, type CocoDetectionsOptions } from "./predict_coco.ts";
export { predictBytes, type PredictBytesOptions } from "./predict_memory.ts";
export { type FoundSegmenter, recogniseSegmenter } from "./published.ts";
export {
  type BackboneRecord,
  expectParameters,
  isSegmenterFile,
  readSegmenterFile,
  segmenterBytes,
  type SegmenterFile,
  segmenterParts,
  type SegmenterRecord,
  type StoredArray,
} from "./segmenter_file.ts";

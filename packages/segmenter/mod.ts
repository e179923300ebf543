/**
 * The segmenter: a frozen backbone, a pyramid, the heads of SOLOv2, and what they find in pictures.
 *
 * @module
 */
export { FULL_SEGMENTER, type SegmenterConfig, TINY_SEGMENTER } from "./config.ts";
export { differencesOf } from "./config_fields.ts";
export type { Detection } from "./detection.ts";
export type { FittedPicture, PictureSize } from "./fitted_picture.ts";
export { loadNetwork, networkPlans } from "./load_network.ts";
export { makeNetwork } from "./make_network.ts";
export { mapSource, vitMaps } from "./map_source.ts";
export { networkFlops } from "./network_flops.ts";
export type { MapSource, NamedParameter, Network } from "./network.ts";
export { type FoundSegmenter, recogniseSegmenter } from "./published.ts";
export {
  type BackboneRecord,
  expectParameters,
  readSegmenterFile,
  segmenterBytes,
  type SegmenterFile,
  segmenterParts,
  type SegmenterRecord,
  type StoredArray,
} from "./segmenter_file.ts";

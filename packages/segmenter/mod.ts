/**
 * The segmenter: a frozen backbone, a pyramid, the heads of SOLOv2, and what they find in pictures.
 *
 * @module
 */
export { FULL_SEGMENTER, type SegmenterConfig, TINY_SEGMENTER } from "./config.ts";
export type { Detection } from "./detection.ts";
export type { FittedPicture, PictureSize } from "./fitted_picture.ts";
export type { MapSource, NamedParameter, Network } from "./network.ts";

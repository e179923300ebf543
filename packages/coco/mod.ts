/**
 * COCO formats without dependencies: run lengths and results files.
 *
 * @module
 */

export { maskOutlines, maskPolygons, type Outline } from "./outlines.ts";
export {
  decodeRle,
  encodeRle,
  type Rle,
  rleArea,
  rleBox,
  rleFromGrid,
  rleFromString,
  rleToString,
} from "./rle.ts";
export { type Box, boxIou, rleIou } from "./rle_iou.ts";
export {
  type CocoMask,
  type CocoPicture,
  cocoResults,
  type CocoResultsOptions,
  rankScore,
} from "./results.ts";

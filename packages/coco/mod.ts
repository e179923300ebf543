/**
 * COCO formats without dependencies: run lengths and results files.
 *
 * @module
 */

export {
  decodeRle,
  encodeRle,
  rleArea,
  rleBox,
  rleFromGrid,
  rleFromString,
  rleToString,
} from "./rle.ts";
export {
  type CocoMask,
  type CocoPicture,
  cocoResults,
  type CocoResultsOptions,
  rankScore,
} from "./results.ts";

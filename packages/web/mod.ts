/**
 * Segmentation in a page: pictures in, masks out, on the page's GPU.
 *
 * @module
 */
export { type PlainError, plainError, revived } from "./messages.ts";
export {
  type FramePicture,
  type PictureSource,
  type PixelData,
  readPicture,
  type SizedPicture,
  type VideoPicture,
} from "./picture.ts";
export {
  createSegmenter,
  type Instance,
  instanceMask,
  type Segmentation,
  type Segmenter,
  type SegmenterOptions,
  type SegmentOptions,
  type Step,
  type WeightsSource,
} from "./segmenter.ts";

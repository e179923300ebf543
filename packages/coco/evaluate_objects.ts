/**
 * Ground truth and detections as regions that can be compared.
 *
 * @module
 */

import { IOU_THRESHOLDS } from "./metrics.ts";
import { type Rle, rleArea, rleBox } from "./rle.ts";
import { type CocoSegmentation, rleFromSegmentation } from "./rle_from_segmentation.ts";
import { type Box, boxIou, rleIou } from "./rle_iou.ts";

/** What is compared: masks, or boxes. */
export type RegionType = "segm" | "bbox";

/** A picture of the ground truth. */
export interface GroundTruthImage {
  readonly id: number;
  /** Sizes in pixels are needed where a segmentation is polygons. */
  readonly width?: number;
  readonly height?: number;
}

/** An annotation of the ground truth. */
export interface GroundTruthAnnotation {
  readonly image_id: number;
  readonly category_id: number;
  /** Needed for masks; needed for boxes where there is no `bbox`. */
  readonly segmentation?: CocoSegmentation;
  /** `[x, y, width, height]` in pixels. Default: the tight box of the mask. */
  readonly bbox?: Box;
  /** Pixels, for the ranges of area. Default: that of the mask or box that is compared. */
  readonly area?: number;
  /** 1 or true for a region of many objects, which is never counted. */
  readonly iscrowd?: number | boolean;
}

/** Ground truth in the shape of a COCO instances file; what else such a file holds is not read. */
export interface GroundTruth {
  readonly images: readonly GroundTruthImage[];
  readonly annotations: readonly GroundTruthAnnotation[];
  readonly categories?: readonly { readonly id: number }[];
}

/** One entry of a COCO results file. */
export interface Detection {
  readonly image_id: number;
  /** Not looked at unless class-aware. */
  readonly category_id?: number;
  readonly segmentation?: CocoSegmentation;
  readonly bbox?: Box;
  readonly score: number;
}

/** A mask or a box, measured. */
export interface Region {
  /** Null where boxes are compared. */
  readonly rle: Rle | null;
  readonly box: Box;
  /** Pixels of the mask, or width × height of the box: what the IoU divides by. */
  readonly extent: number;
  /** What the ranges of area look at: of a box that was made from a mask, that of the mask. */
  readonly area: number;
}

/** An object of the ground truth. */
export interface TruthObject extends Region {
  readonly category: number;
  readonly crowd: boolean;
}

/** `[height, width]` of a picture; null where its file does not say. */
export type ImageSize = readonly [height: number, width: number] | null;

/**
 * The region of an annotation or a detection.
 *
 * @param where Begins the message of an error.
 */
export function regionOf(
  { segmentation, bbox }: Pick<Detection, "segmentation" | "bbox">,
  type: RegionType,
  size: ImageSize,
  where: string,
): Region {
  if (type === "bbox" && bbox && bbox.length > 0) {
    expectBox(bbox, where);
    const area = bbox[2] * bbox[3];
    return { rle: null, box: bbox, extent: area, area };
  }
  if (!segmentation) {
    const needed = type === "segm" ? "a segmentation" : "a bbox or a segmentation";
    throw new RangeError(`${where} must have ${needed}`);
  }
  const rle = maskOf(segmentation, size, where);
  const box = rleBox(rle.counts, rle.size[0]);
  const area = rleArea(rle.counts);
  return type === "segm"
    ? { rle, box, extent: area, area }
    : { rle: null, box, extent: box[2] * box[3], area };
}

function maskOf(segmentation: CocoSegmentation, size: ImageSize, where: string): Rle {
  const own = "size" in segmentation ? segmentation.size : size;
  if (!own) {
    throw new RangeError(`${where}.segmentation is polygons: its image must have width and height`);
  }
  try {
    return rleFromSegmentation(segmentation, own[0], own[1]);
  } catch (error) {
    const { message } = error as Error;
    throw new RangeError(`${where}.segmentation: ${message}`, { cause: error });
  }
}

function expectBox(box: Box, where: string): void {
  if (box.length === 4 && box.every(Number.isFinite)) return;
  throw new RangeError(`${where}.bbox must be four numbers, got ${JSON.stringify(box)}`);
}

/**
 * IoU of a detection with each object of its picture; what is surely under 0.5 is 0.
 *
 * Nine pairs of ten need no look at their runs: the areas and the boxes bound the IoU from above,
 * exactly, since the bound is rounded as the IoU is and no threshold is lower than 0.5.
 *
 * @returns `[objects]`.
 */
export function overlaps(region: Region, objects: readonly TruthObject[]): Float64Array {
  return Float64Array.from(objects, (object) => {
    const crowd = [object.crowd];
    if (region.rle === null || object.rle === null) {
      return boxIou([region.box], [object.box], crowd)[0];
    }
    if (bound(region, object) < IOU_THRESHOLDS[0]) return 0;
    return rleIou([region.rle], [object.rle], crowd)[0];
  });
}

function bound(region: Region, object: TruthObject): number {
  const [x, y, width, height] = region.box;
  const [left, top, across, down] = object.box;
  const sharedWidth = Math.min(x + width, left + across) - Math.max(x, left);
  const sharedHeight = Math.min(y + height, top + down) - Math.max(y, top);
  if (sharedWidth <= 0 || sharedHeight <= 0) return 0;
  const shared = Math.min(sharedWidth * sharedHeight, region.extent, object.extent);
  return shared / (object.crowd ? region.extent : region.extent + object.extent - shared);
}

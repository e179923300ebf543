/**
 * Ground truth and detections as regions that can be compared.
 *
 * @module
 */

import type { CocoImage } from "./ground_truth.ts";
import { IOU_THRESHOLDS } from "./metrics.ts";
import type { CocoResult } from "./results.ts";
import { type Rle, rleBox } from "./rle.ts";
import { type CocoSegmentation, rleFromSegmentation } from "./rle_from_segmentation.ts";
import { type Box, boxIou, overlap } from "./rle_iou.ts";
import { rleIntersection } from "./rle_merge.ts";
import { type Spans, spansOf } from "./rle_spans.ts";
import { rleFromString } from "./rle_string.ts";

/** What is compared: masks, or boxes. */
export type RegionType = "segm" | "bbox";

/** A picture as far as its masks depend on it. */
type Frame = Pick<CocoImage, "width" | "height" | "void">;

/** A mask or a box, measured. */
export interface Region {
  /** The mask; null where boxes are compared. */
  readonly spans: Spans | null;
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

/**
 * The region of an annotation or a detection, without the picture's void pixels.
 *
 * @param where Begins the message of an error.
 */
export function regionOf(
  { segmentation, bbox }: Pick<CocoResult, "segmentation" | "bbox">,
  type: RegionType,
  image: Frame,
  where: string,
): Region {
  if (type === "bbox" && bbox && bbox.length > 0) {
    expectBox(bbox, where);
    const area = bbox[2] * bbox[3];
    return { spans: null, box: bbox, extent: area, area };
  }
  if (!segmentation) {
    const needed = type === "segm" ? "a segmentation" : "a bbox or a segmentation";
    throw new RangeError(`${where} must have ${needed}`);
  }
  const { width, height } = image;
  const frame = type === "segm" ? image : { width, height }; // void pixels are of masks alone
  const { rle, spans } = maskOf(segmentation, frame, `${where}.segmentation`);
  const box = rleBox(rle.counts, rle.size[0]);
  return type === "segm"
    ? { spans, box, extent: spans.area, area: spans.area }
    : { spans: null, box, extent: box[2] * box[3], area: spans.area };
}

function maskOf(
  segmentation: CocoSegmentation,
  image: Frame,
  where: string,
) {
  try {
    const rle = withoutVoid(runsOf(segmentation, image), image);
    return { rle, spans: spansOf(rle, "run lengths") };
  } catch (error) {
    const { message } = error as Error;
    throw new RangeError(`${where}: ${message}`, { cause: error });
  }
}

/** Pixels of the picture that are known, by the picture's object: read once for all its masks. */
const KNOWN = new WeakMap<Frame, Rle>();

/** A mask less the void pixels of its picture; itself where there are none. */
function withoutVoid(rle: Rle, image: Frame): Rle {
  const { void: unclear, width, height } = image;
  if (!unclear || rle.size[0] !== height || rle.size[1] !== width) return rle;
  let known = KNOWN.get(image);
  if (!known) {
    const { counts } = runsOf(unclear, image);
    // Turned round: what was in the mask is out of it.
    known = { size: [height, width], counts: [0, ...Array.from(counts)] };
    KNOWN.set(image, known);
  }
  return rleIntersection([rle, known]);
}

/** Run lengths in their own size, polygons in that of the picture. */
function runsOf(
  segmentation: CocoSegmentation,
  { width, height }: Frame,
): Rle {
  if (!("counts" in segmentation)) return rleFromSegmentation(segmentation, height, width);
  const { size, counts } = segmentation;
  return { size, counts: typeof counts === "string" ? rleFromString(counts) : counts };
}

function expectBox(box: Box, where: string): void {
  if (box.length === 4 && box.every(Number.isFinite)) return;
  throw new RangeError(`${where}.bbox must be four numbers, got ${JSON.stringify(box)}`);
}

/** Most detections match nothing: one array for all of them. */
const NONE: readonly number[] = [];

/**
 * The objects of its picture that a detection may match: those of IoU ≥ 0.5, the lowest threshold.
 *
 * Nine pairs of ten need no look at their runs: areas and boxes bound the IoU from above, exactly,
 * since the bound is rounded as the IoU is.
 *
 * @returns `[object, iou, object, iou, …]`, objects by their place.
 */
export function overlapsOf(region: Region, objects: readonly TruthObject[]): readonly number[] {
  let found = NONE;
  for (let i = 0; i < objects.length; i++) {
    const iou = iouWith(region, objects[i]);
    if (iou >= IOU_THRESHOLDS[0]) found = found === NONE ? [i, iou] : [...found, i, iou];
  }
  return found;
}

function iouWith(region: Region, object: TruthObject): number {
  const { spans } = region;
  if (spans === null || object.spans === null) {
    return boxIou([region.box], [object.box], [object.crowd])[0];
  }
  if (shareOf(boxOverlap(region, object), region, object) < IOU_THRESHOLDS[0]) return 0;
  // Positions mean something else in a picture of another size.
  if (spans.height !== object.spans.height || spans.width !== object.spans.width) return 0;
  return shareOf(overlap(spans.edges, object.spans.edges), region, object);
}

/** Pixels that two masks share at most. */
function boxOverlap(a: Region, b: Region): number {
  const [x, y, width, height] = a.box;
  const [left, top, across, down] = b.box;
  const sharedWidth = Math.min(x + width, left + across) - Math.max(x, left);
  const sharedHeight = Math.min(y + height, top + down) - Math.max(y, top);
  if (sharedWidth <= 0 || sharedHeight <= 0) return 0;
  return Math.min(sharedWidth * sharedHeight, a.extent, b.extent);
}

/** The IoU of so many shared pixels; of a crowd region the union is the detection. */
function shareOf(shared: number, region: Region, { crowd, extent }: TruthObject): number {
  return shared === 0 ? 0 : shared / (crowd ? region.extent : region.extent + extent - shared);
}

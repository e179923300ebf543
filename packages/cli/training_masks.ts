/** Masks of annotations, results and records in the one form that a training holds. */
import {
  type CocoSegmentation,
  type Rle,
  rleArea,
  rleFromSegmentation,
  rleToString,
} from "@fiedler/coco";
import { CliError, EXIT } from "./exit.ts";
import type { Tally } from "./training_set.ts";

/** What a mask is of. */
export interface MaskOwner {
  /** File and entry, for messages. */
  readonly where: string;
  /** `[height, width]` of the picture. */
  readonly size: readonly [height: number, width: number];
}

/**
 * Compressed run lengths of a mask; null, and counted, for an empty one.
 *
 * @throws {CliError} exit 3 when it is of another size than its picture, not whole, or outside it.
 */
export function maskText(
  segmentation: CocoSegmentation,
  { where, size }: MaskOwner,
  tally: Tally,
): string | null {
  const { counts } = readMask(segmentation, where, size);
  if (!("counts" in segmentation)) {
    const [outside, beyond] = reachOf(segmentation, size);
    if (outside) {
      throw new CliError(
        EXIT.input,
        "an outline lies outside its picture",
        `${where}: the picture has ${size.join(" × ")} pixels`,
        "check that outlines are of the pictures they name, at the size that the file says",
      );
    }
    if (beyond) tally.cut++;
  }
  if (rleArea(counts) === 0) {
    tally.masks.empty++;
    return null;
  }
  const text = "counts" in segmentation && segmentation.counts;
  return typeof text === "string" ? text : flat(rleToString(counts));
}

/**
 * The same text in one piece: what was joined character by character is held as a chain, which takes
 * some thirty times as many bytes.
 */
const flat = (text: string): string => decoder.decode(encoder.encode(text));

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function readMask(
  segmentation: CocoSegmentation,
  where: string,
  [height, width]: readonly [number, number],
): Rle {
  try {
    return rleFromSegmentation(segmentation, height, width);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CliError(
      EXIT.input,
      "a mask does not fit its picture",
      `${where}: ${error.message}`,
      "correct the file, or make the masks again",
      { cause: error },
    );
  }
}

/** Pixels that an outline may go beyond the border: rounding of the tools that write them. */
const SLACK = 1;

/** Whether polygons (boxes of four numbers among them) lie outside a picture, or partly. */
function reachOf(
  polygons: readonly (readonly number[])[],
  [height, width]: readonly [number, number],
): [outside: boolean, beyond: boolean] {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const polygon of polygons) {
    const corners = polygon.length === 4
      ? [polygon[0], polygon[1], polygon[0] + polygon[2], polygon[1] + polygon[3]]
      : polygon;
    for (let i = 0; i < corners.length; i += 2) {
      left = Math.min(left, corners[i]);
      right = Math.max(right, corners[i]);
      top = Math.min(top, corners[i + 1]);
      bottom = Math.max(bottom, corners[i + 1]);
    }
  }
  return [
    right <= 0 || bottom <= 0 || left >= width || top >= height,
    left < -SLACK || top < -SLACK || right > width + SLACK || bottom > height + SLACK,
  ];
}

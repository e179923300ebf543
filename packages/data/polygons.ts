import {
  type CocoSegmentation,
  decodeRle,
  maskPolygons,
  rleBox,
  rleFromSegmentation,
} from "@fiedler/coco";
import type { Size } from "@fiedler/io";

/**
 * The polygons of a segmentation: its own, or those that its mask's pixels outline, which COCO's
 * rule fills back exactly.
 *
 * @returns For each part `x, y, x, y, …` in pixels; none for an empty mask.
 * @throws {RangeError} when the segmentation is none of a picture of this size.
 */
export function polygonsOf(segmentation: CocoSegmentation, size: Size): number[][] {
  const drawn = !("counts" in segmentation) && segmentation.every(({ length }) => length > 4);
  return drawn ? segmentation.map((polygon) => [...polygon]) : outlinesOf(segmentation, size);
}

/** The polygons that outline the pixels of a segmentation; parts never overlap. */
export function outlinesOf(segmentation: CocoSegmentation, { height, width }: Size): number[][] {
  const counts = Array.from(rleFromSegmentation(segmentation, height, width).counts);
  const [left, top, across, down] = rleBox(counts, height);
  if (across === 0) return [];
  const mask = decodeRle(counts, height, width);
  const inside = new Uint8Array(across * down);
  for (let y = 0; y < down; y++) {
    const start = (top + y) * width + left;
    inside.set(mask.subarray(start, start + across), y * across);
  }
  return maskPolygons(inside, down, across).map((polygon) =>
    polygon.map((value, i) => value + (i % 2 === 0 ? left : top))
  );
}

/** The corners of a box `[x, y, width, height]`, as a polygon. */
export function boxPolygon(
  [x, y, width, height]: readonly [x: number, y: number, width: number, height: number],
): number[] {
  return [x, y, x + width, y, x + width, y + height, x, y + height];
}

/**
 * Parts as one polygon, for formats that allow one an object: from the first vertex of the first
 * part to each other part and back by a line of no width. The fill counts crossings, and such a
 * line is crossed twice at the same place: as long as the parts do not overlap, the mask stays.
 */
export function joinPolygons(parts: readonly (readonly number[])[]): number[] {
  const [first, ...rest] = parts;
  const joined = [...first];
  const [x, y] = first;
  if (rest.length > 0) joined.push(x, y);
  for (const part of rest) joined.push(...part, part[0], part[1], x, y);
  return joined;
}

/**
 * A coordinate that came as a share of a side, put back to the pixel grid it was written from:
 * shares are rounded to 53 bits, COCO's coordinates to far fewer digits, and its rule cuts at
 * tenths of a pixel, where the last bit would decide.
 */
export function unshare(share: number, side: number): number {
  const pixels = share * side;
  const rounded = Math.round(pixels * 1e6) / 1e6;
  return Math.abs(pixels - rounded) < 1e-9 * Math.max(1, side) ? rounded : pixels;
}

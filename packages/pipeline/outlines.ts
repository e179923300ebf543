import { rleArea, rleFromGrid } from "@fiedler/coco";
import type { RgbImage } from "@fiedler/io";
import { refineMasks } from "./crf.ts";
import type { ProposalOptions } from "./options.ts";
import type { MaskRecord, PictureRecord } from "./record.ts";
import { softMasks } from "./soft_masks.ts";

/** What places a grid in its picture. */
export type Placement = Pick<PictureRecord, "size" | "resized" | "grid" | "patch">;

/**
 * Column-major counts of masks at picture size, by their index. What they are of one mask does not
 * depend on which others are wanted.
 *
 * What was cropped off belongs to the last row or column of cells, so that masks reach the edge.
 * A mask so small that its soft or refined outline vanishes keeps that of its cells.
 *
 * @param grids `[rows, columns]` of each mask, kept or not.
 * @param pixels the part of the resized picture that the grid covers.
 * @param wanted indices of masks. Default: the kept ones.
 */
export function outlineMasks(
  masks: readonly MaskRecord[],
  grids: readonly Uint8Array[],
  placement: Placement,
  pixels: RgbImage,
  { upsample, crf }: ProposalOptions,
  wanted: readonly number[] = keptMasks(masks),
): Map<number, number[]> {
  const outlines = new Map<number, number[]>();
  if (upsample === "soft") {
    for (const k of new Set(wanted.map((i) => masks[i].k))) {
      const some = wanted.filter((i) => masks[i].k === k);
      softOutlines(some, masks, grids, placement).forEach((counts, i) => {
        if (rleArea(counts) > 0) outlines.set(i, counts);
      });
    }
  }
  if (crf) refinedOutlines(wanted, grids, placement, pixels, outlines);
  const [rows, columns] = placement.grid;
  const rowOf = Int32Array.from(places(placement, 0), (y) => cellAt(y, rows));
  const columnOf = Int32Array.from(places(placement, 1), (x) => cellAt(x, columns));
  for (const i of wanted) {
    if (!outlines.has(i)) outlines.set(i, rleFromGrid(grids[i], columns, rowOf, columnOf));
  }
  return outlines;
}

/** Indices of the masks that nothing dropped. */
export const keptMasks = (masks: readonly MaskRecord[]): number[] =>
  masks.flatMap(({ dropped }, i) => dropped ? [] : [i]);

/** Masks refined together: a compromise of memory and of passes over the picture. */
const TOGETHER = 16;
/** Overlap with its cells below which a refined mask is not taken, as in MaskCut. */
const LEAST_OVERLAP = 0.5;

/** Adds what a CRF makes of masks, unless it loses one. */
function refinedOutlines(
  wanted: readonly number[],
  grids: readonly Uint8Array[],
  placement: Placement,
  pixels: RgbImage,
  outlines: Map<number, number[]>,
): void {
  const { size, resized, grid: [, columns], patch } = placement;
  const pixelOf = (axis: 0 | 1, limit: number) =>
    Int32Array.from(
      { length: size[axis] },
      (_, i) => Math.min(Math.floor((i + 0.5) * resized[axis] / size[axis]), limit - 1),
    );
  const rowOf = pixelOf(0, pixels.height);
  const columnOf = pixelOf(1, pixels.width);
  const enlarged = (grid: Uint8Array) =>
    Uint8Array.from({ length: pixels.width * pixels.height }, (_, i) => {
      const row = Math.floor(Math.floor(i / pixels.width) / patch);
      return grid[row * columns + Math.floor(i % pixels.width / patch)];
    });
  for (let at = 0; at < wanted.length; at += TOGETHER) {
    const some = wanted.slice(at, at + TOGETHER);
    const before = some.map((i) => enlarged(grids[i]));
    refineMasks(pixels, before).forEach((mask, which) => {
      if (overlap(mask, before[which]) < LEAST_OVERLAP) return;
      outlines.set(some[which], rleFromGrid(mask, pixels.width, rowOf, columnOf));
    });
  }
}

function overlap(a: Uint8Array, b: Uint8Array): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    both += a[i] & b[i];
    either += a[i] | b[i];
  }
  return both / either;
}

/** Masks of one k, drawn softly. */
function softOutlines(
  wanted: readonly number[],
  masks: readonly MaskRecord[],
  grids: readonly Uint8Array[],
  placement: Placement,
): Map<number, number[]> {
  const { k } = masks[wanted[0]];
  const pieces = masks.flatMap((mask, i) => mask.k === k ? [i] : []);
  const counts = softMasks(
    placement.grid,
    pieces.map((i) => grids[i]),
    places(placement, 0),
    places(placement, 1),
    wanted.map((i) => pieces.indexOf(i)),
  );
  return new Map(wanted.map((i, at) => [i, counts[at]]));
}

/** Where each picture pixel's centre falls among the cells of one axis; cell r's centre is r. */
function places({ size, resized, patch }: Placement, axis: 0 | 1): Float64Array<ArrayBuffer> {
  const perPixel = resized[axis] / size[axis] / patch;
  return Float64Array.from({ length: size[axis] }, (_, i) => (i + 0.5) * perPixel - 0.5);
}

const cellAt = (place: number, cells: number): number =>
  Math.min(Math.max(Math.floor(place + 0.5), 0), cells - 1);

import { rleArea, rleFromGrid } from "@fiedler/coco";
import type { UpsampleKind } from "./options.ts";
import type { MaskRecord, PictureRecord } from "./record.ts";
import { softMasks } from "./soft_masks.ts";

/** What places a grid in its picture. */
type Placement = Pick<PictureRecord, "size" | "resized" | "grid" | "patch">;

/**
 * Column-major counts of the kept masks at picture size, by their index.
 *
 * What was cropped off belongs to the last row or column of cells, so that masks reach the edge.
 * A mask so small that its soft outline vanishes keeps that of its cells.
 *
 * @param grids `[rows, columns]` of each mask, kept or not.
 */
export function outlineMasks(
  masks: readonly MaskRecord[],
  grids: readonly Uint8Array[],
  placement: Placement,
  upsample: UpsampleKind,
): Map<number, number[]> {
  const kept = masks.flatMap(({ dropped }, i) => dropped ? [] : [i]);
  const outlines = new Map<number, number[]>();
  if (upsample === "soft") {
    for (const k of new Set(kept.map((i) => masks[i].k))) {
      softOutlines(k, masks, grids, placement).forEach((counts, i) => {
        if (rleArea(counts) > 0) outlines.set(i, counts);
      });
    }
  }
  const [rows, columns] = placement.grid;
  const rowOf = Int32Array.from(places(placement, 0), (y) => cellAt(y, rows));
  const columnOf = Int32Array.from(places(placement, 1), (x) => cellAt(x, columns));
  for (const i of kept) {
    if (!outlines.has(i)) outlines.set(i, rleFromGrid(grids[i], columns, rowOf, columnOf));
  }
  return outlines;
}

function softOutlines(
  k: number,
  masks: readonly MaskRecord[],
  grids: readonly Uint8Array[],
  placement: Placement,
): Map<number, number[]> {
  const pieces = masks.flatMap((mask, i) => mask.k === k ? [i] : []);
  const kept = pieces.flatMap((i, piece) => masks[i].dropped ? [] : [piece]);
  const counts = softMasks(
    placement.grid,
    pieces.map((i) => grids[i]),
    places(placement, 0),
    places(placement, 1),
    kept,
  );
  return new Map(kept.map((piece, at) => [pieces[piece], counts[at]]));
}

/** Where each picture pixel's centre falls among the cells of one axis; cell r's centre is r. */
function places({ size, resized, patch }: Placement, axis: 0 | 1): Float64Array<ArrayBuffer> {
  const perPixel = resized[axis] / size[axis] / patch;
  return Float64Array.from({ length: size[axis] }, (_, i) => (i + 0.5) * perPixel - 0.5);
}

const cellAt = (place: number, cells: number): number =>
  Math.min(Math.max(Math.floor(place + 0.5), 0), cells - 1);

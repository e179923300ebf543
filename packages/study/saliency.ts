import { type Rle, rleFromGrid } from "@fiedler/coco";
import type { GridPlacement } from "./cells.ts";

/**
 * What is salient of a two-way cut, at picture size: the cluster with fewer patches on the border of
 * the picture, each counted once. A tie goes to the smaller cluster, then to the one without the top
 * left patch: the rules of the proposal stage. Pixels right of and below the grid belong to its last
 * column and row.
 *
 * Source: arXiv 2311.14665, §4.
 *
 * @param labels `[rows × columns]`, 0 or 1.
 * @returns null where there is one cluster only.
 */
export function salientMask(labels: ArrayLike<number>, placement: GridPlacement): Rle | null {
  const { size, grid: [rows, columns] } = placement;
  const [borders, areas] = [[0, 0], [0, 0]];
  for (let cell = 0; cell < rows * columns; cell++) {
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    areas[labels[cell]]++;
    const inside = row > 0 && row < rows - 1 && column > 0 && column < columns - 1;
    if (!inside) borders[labels[cell]]++;
  }
  if (areas.includes(0)) return null;
  const lead = borders[0] - borders[1] || areas[0] - areas[1];
  const salient = lead === 0 ? 1 - labels[0] : lead < 0 ? 0 : 1;
  const mask = Uint8Array.from({ length: rows * columns }, (_, i) => labels[i] === salient ? 1 : 0);
  const counts = rleFromGrid(mask, columns, cellsOf(placement, 0), cellsOf(placement, 1));
  return { size, counts };
}

/** The row or column of patches under the centre of each of the picture's. */
const cellsOf = ({ size, resized, grid, patch }: GridPlacement, axis: 0 | 1): Int32Array =>
  Int32Array.from({ length: size[axis] }, (_, i) => {
    const cell = Math.floor((i + 0.5) * resized[axis] / size[axis] / patch);
    return Math.min(cell, grid[axis] - 1);
  });

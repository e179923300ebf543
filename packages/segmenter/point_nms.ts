/**
 * Point suppression: the cells that are not below the cell above them, on their left, or above on
 * their left. Equal neighbours all stay.
 *
 * Source: Wang et al. 2020 (SOLOv2), arXiv 2003.10152, whose code pools 2 × 2 with one zero around and
 * crops the last row and column.
 *
 * @param scores `[grid, grid]`, row by row; any monotone function of them gives the same cells.
 * @returns the cells in ascending order.
 *
 * @example
 * ```ts
 * import { pointNms } from "@fiedler/segmenter";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(pointNms([3, 2, 1, 4], 2), [0, 3]);
 * ```
 */
export function pointNms(scores: ArrayLike<number>, grid: number): number[] {
  const cells: number[] = [];
  for (let cell = 0; cell < grid * grid; cell++) {
    const left = cell % grid > 0 ? scores[cell - 1] : -Infinity;
    const above = cell >= grid ? scores[cell - grid] : -Infinity;
    const corner = cell >= grid && cell % grid > 0 ? scores[cell - grid - 1] : -Infinity;
    if (scores[cell] >= Math.max(left, above, corner)) cells.push(cell);
  }
  return cells;
}

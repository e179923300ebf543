import { maskOutlines } from "@fiedler/coco";

/**
 * The outline of a grid mask as SVG path data in grid units: closed loops along cell borders.
 *
 * Holes come out with the opposite sense, so both fill rules draw the mask. Cells that touch only
 * at a corner get separate loops, as the component split (4-neighbours) sees them.
 *
 * @param mask `[rows, columns]` row-major, 0 or anything else.
 * @returns Path data such as `M1 2h3v1h-3v-1z`; empty for an empty mask.
 */
export function contour(mask: Uint8Array, rows: number, columns: number): string {
  return maskOutlines(mask, rows, columns).map(({ corners }) => path(corners)).join("");
}

/** Sides are horizontal and vertical in turn. */
function path(corners: readonly number[]): string {
  let path = `M${corners[0]} ${corners[1]}`;
  for (let i = 0; i < corners.length; i += 2) {
    const next = (i + 2) % corners.length;
    const across = corners[next] - corners[i];
    path += across !== 0 ? `h${across}` : `v${corners[next + 1] - corners[i + 1]}`;
  }
  return path + "z";
}

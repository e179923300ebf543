/**
 * Masks as outlines along pixel borders, and as polygons that COCO's rule fills back exactly.
 *
 * @module
 */

/** One closed loop along pixel borders; the mask is on the right hand of who walks it. */
export interface Outline {
  /** Corners `x, y, x, y, …` in pixels, whole numbers, each side horizontal or vertical. */
  readonly corners: readonly number[];
  /** Whether it goes round a hole; then anticlockwise on the screen, else clockwise. */
  readonly hole: boolean;
}

/**
 * The outlines of a mask, in the order in which their first top borders are met row by row.
 *
 * Holes run the other way round, so both fill rules draw the mask. Pixels that touch only at a
 * corner get separate loops: the mask has 4 neighbours, the background 8.
 *
 * @param mask `[height, width]` row-major, 0 or anything else.
 * @throws {RangeError} when `mask` has not `height × width` entries.
 */
export function maskOutlines(mask: Uint8Array, height: number, width: number): Outline[] {
  if (mask.length !== height * width) {
    throw new RangeError(
      `maskOutlines: mask must have ${height} × ${width} entries, got ${mask.length}`,
    );
  }
  const isSet = (y: number, x: number) =>
    y >= 0 && y < height && x >= 0 && x < width && mask[y * width + x] !== 0;
  // Walking direction d at the corner (y, x): 0 right, 1 down, 2 left, 3 up; the mask is on the
  // right hand. An edge is there when the pixel on its right is set and the one on its left is not.
  const isEdge = (y: number, x: number, d: number) =>
    isSet(y + RIGHT_HAND[d][0], x + RIGHT_HAND[d][1]) &&
    !isSet(y + RIGHT_HAND[(d + 3) % 4][0], x + RIGHT_HAND[(d + 3) % 4][1]);
  const seen = new Uint8Array(height * (width + 1)); // top borders already walked
  const outlines: Outline[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] === 0 || seen[y * (width + 1) + x] || !isEdge(y, x, 0)) continue;
      const corners = loop(y, x, isEdge, (row, column) => seen[row * (width + 1) + column] = 1);
      const [top, left] = topLeft(corners);
      // Below its topmost side lies the mask, or the hole that it goes round.
      outlines.push({ corners, hole: !isSet(top, left) });
    }
  }
  return outlines;
}

/** From a corner (y, x): the pixel on the right hand of someone who leaves in direction d. */
const RIGHT_HAND = [[0, 0], [0, -1], [-1, -1], [-1, 0]] as const;
const STEP = [[0, 1], [1, 0], [0, -1], [-1, 0]] as const;

/** Walks one loop from an edge to the right, turning right where it can. */
function loop(
  startY: number,
  startX: number,
  isEdge: (y: number, x: number, d: number) => boolean,
  visit: (y: number, x: number) => void,
): number[] {
  let [y, x, d] = [startY, startX, 0];
  const corners = [x, y];
  do {
    if (d === 0) visit(y, x);
    y += STEP[d][0];
    x += STEP[d][1];
    const next = [(d + 1) % 4, d, (d + 3) % 4].find((turn) => isEdge(y, x, turn));
    if (next === undefined) throw new Error(`maskOutlines: open at corner (${y}, ${x})`);
    if (next !== d && (y !== startY || x !== startX || next !== 0)) corners.push(x, y);
    d = next;
  } while (y !== startY || x !== startX || d !== 0);
  return corners;
}

/** The leftmost of the topmost corners, as `[y, x]`. */
function topLeft(corners: readonly number[]): [y: number, x: number] {
  let [top, left] = [Infinity, Infinity];
  for (let i = 0; i < corners.length; i += 2) {
    const [x, y] = [corners[i], corners[i + 1]];
    if (y < top || (y === top && x < left)) [top, left] = [y, x];
  }
  return [top, left];
}

/**
 * Polygons of a mask, one for each 4-connected piece, which COCO's rasterisation turns back into
 * the same mask, pixel by pixel.
 *
 * A COCO polygon has no holes, and the parts of a segmentation are united. So each hole is joined
 * to the side above it by a slit of no width, walked down and up again: the fill counts crossings
 * column by column, the hole's borders count, and a vertical slit crosses no column.
 *
 * @param mask `[height, width]` row-major, 0 or anything else.
 * @returns For each piece `x, y, x, y, …`; none for an empty mask.
 * @throws {RangeError} when `mask` has not `height × width` entries.
 *
 * @example
 * ```ts
 * import { maskPolygons } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(maskPolygons(Uint8Array.of(0, 1, 1), 1, 3), [[1, 0, 3, 0, 3, 1, 1, 1]]);
 * ```
 */
export function maskPolygons(mask: Uint8Array, height: number, width: number): number[][] {
  const outlines = maskOutlines(mask, height, width);
  const slits = new Map<number, Outline>(); // by the corner where they leave the side above
  for (const outline of outlines) {
    if (!outline.hole) continue;
    const [top, left] = topLeft(outline.corners);
    let y = top - 1; // the first row of the mask above the hole
    while (y > 0 && mask[(y - 1) * width + left] !== 0) y--;
    slits.set(y * (width + 1) + left, outline);
  }
  return outlines.filter(({ hole }) => !hole).map(({ corners }) => {
    const polygon: number[] = [];
    walk(corners, 0, slits, width, polygon);
    return polygon;
  });
}

/** Adds a loop from one of its corners on, with all that hangs on its sides. */
function walk(
  corners: readonly number[],
  start: number,
  slits: ReadonlyMap<number, Outline>,
  width: number,
  polygon: number[],
): void {
  for (let step = 0; step < corners.length; step += 2) {
    const i = (start + step) % corners.length;
    const [x, y] = [corners[i], corners[i + 1]];
    const endX = corners[(i + 2) % corners.length];
    polygon.push(x, y);
    // A slit hangs on a side that is walked to the right, above the mask, from left to right.
    for (let column = x; column < endX; column++) {
      const hole = slits.get(y * (width + 1) + column);
      if (hole === undefined) continue;
      if (column > x) polygon.push(column, y);
      const [top] = topLeft(hole.corners);
      const first = hole.corners.findIndex((_, at) =>
        at % 2 === 0 && hole.corners[at] === column && hole.corners[at + 1] === top
      );
      walk(hole.corners, first, slits, width, polygon);
      polygon.push(column, top, column, y);
    }
  }
}

/**
 * Polygons and boxes as masks, pixel for pixel as the COCO API draws them.
 *
 * The API scales vertices by 5, walks each edge in steps of one along its longer axis, and flips
 * inside and outside wherever the walk enters or leaves the middle fifth of a column. Only those
 * places matter, so only they are computed here: time grows with the columns that an edge crosses,
 * not with its length, and a vertex far outside costs nothing.
 *
 * Source: the rule of the COCO API (`rleFrPoly` of `maskApi`), re-implemented.
 *
 * @module
 */
import type { Rle } from "./rle.ts";
import type { Box } from "./rle_iou.ts";
import { rleUnion } from "./rle_merge.ts";
import { MAX_PIXELS } from "./rle_spans.ts";

const SCALE = 5;
/** The API holds scaled coordinates in 32-bit integers; beyond, its result is undefined. */
const MAX_COORDINATE = Math.floor((2 ** 31 - 1) / SCALE) - 1;

/**
 * The mask of a list of polygons: a pixel is set that lies in any of them.
 *
 * A polygon that crosses itself is filled by the even–odd rule; parts outside the picture are cut
 * off. The outline is rounded as in the COCO API, so a square from 0 to 9 has 81 pixels.
 *
 * @param polygons Each `[x0, y0, x1, y1, …]` in pixels, at least three vertices.
 * @param height Height of the picture.
 * @param width Width of the picture.
 * @throws {RangeError} that names the polygon, when a list is too short, odd, or has a coordinate
 *   that is not finite or beyond 32 bits; when there is no polygon, or the picture has no size.
 *
 * @example
 * ```ts
 * import { rleArea, rleFromPolygons, rleToString } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * const { counts } = rleFromPolygons([[1, 1, 8, 2, 5, 8]], 10, 10);
 * assert.equal(rleToString(counts), ";192N1O2OO0N2Nd0");
 * assert.equal(rleArea(counts), 23);
 * ```
 */
export function rleFromPolygons(
  polygons: readonly ArrayLike<number>[],
  height: number,
  width: number,
): Rle {
  const parts = polygons.map((polygon, i) => {
    const wrong = polygonFault(polygon);
    if (wrong) throw new RangeError(`rleFromPolygons: polygons[${i}]${wrong}`);
    return draw("rleFromPolygons", polygon, height, width);
  });
  if (parts.length === 0) throw new RangeError("rleFromPolygons: needs at least one polygon");
  return parts.length === 1 ? parts[0] : rleUnion(parts);
}

/**
 * The mask of a box, rounded as a polygon of its four corners is.
 *
 * @throws {RangeError} when a number is not finite or beyond 32 bits, or the picture has no size.
 */
export function rleFromBox([x, y, across, down]: Box, height: number, width: number): Rle {
  const [right, bottom] = [x + across, y + down];
  const corners = [x, y, x, bottom, right, bottom, right, y];
  if (polygonFault(corners)) {
    throw new RangeError(
      `rleFromBox: box must be four finite numbers within ±${MAX_COORDINATE}, ` +
        `got [${[x, y, across, down].join(", ")}]`,
    );
  }
  return draw("rleFromBox", corners, height, width);
}

/** What is wrong with a list of vertices, as the end of a message; null for nothing. */
export function polygonFault(polygon: ArrayLike<number>): string | null {
  if (polygon.length < 6 || polygon.length % 2 === 1) {
    return ` must be x, y of at least three vertices, got ${polygon.length} numbers`;
  }
  for (let i = 0; i < polygon.length; i++) {
    if (Math.abs(polygon[i]) <= MAX_COORDINATE) continue; // false for NaN
    return `[${i}] must be a number within ±${MAX_COORDINATE}, got ${polygon[i]}`;
  }
  return null;
}

function draw(where: string, polygon: ArrayLike<number>, height: number, width: number): Rle {
  const whole = Number.isInteger(height) && Number.isInteger(width);
  if (!whole || height < 0 || width < 0 || height * width > MAX_PIXELS) {
    throw new RangeError(
      `${where}: the picture must have whole sides and at most ${MAX_PIXELS} pixels, ` +
        `got ${height} × ${width}`,
    );
  }
  const flips: number[] = [];
  const scaled = Array.from(polygon, (value) => Math.trunc(SCALE * value + 0.5));
  for (let i = 0; i < scaled.length; i += 2) {
    const next = (i + 2) % scaled.length;
    crossings(scaled[i], scaled[i + 1], scaled[next], scaled[next + 1], (column, y) => {
      // Back to pixels; a flip below the last row is one above the next column.
      const row = Math.ceil(Math.min(Math.max((y + 0.5) / SCALE - 0.5, 0), height));
      flips.push(column * height + row);
    }, width);
  }
  return { size: [height, width], counts: countsBetween(flips, height * width) };
}

type Flip = (column: number, y: number) => void;

/**
 * Where an edge passes from x = 5 c + 2 to 5 c + 3 or back, for each column c of the picture, with
 * the smaller y of the two steps.
 *
 * The rounding of the y (or x) that belongs to a step is that of the API to the last bit: slope
 * times distance from the end that is smaller on the longer axis, plus a half, cut.
 */
function crossings(x0: number, y0: number, x1: number, y1: number, flip: Flip, width: number) {
  const [dx, dy] = [Math.abs(x1 - x0), Math.abs(y1 - y0)];
  const [left, right] = x0 < x1 ? [x0, x1] : [x1, x0];
  const first = Math.max(0, Math.ceil((left - 2) / SCALE));
  const last = Math.min(width - 1, Math.floor((right - 3) / SCALE));
  if (first > last) return;
  if (dx >= dy) {
    const [start, end] = x0 <= x1 ? [y0, y1] : [y1, y0];
    const slope = (end - start) / dx;
    const yAt = (t: number) => Math.trunc(start + slope * t + 0.5);
    for (let column = first; column <= last; column++) {
      const t = SCALE * column + 2 - left;
      flip(column, Math.min(yAt(t), yAt(t + 1)));
    }
    return;
  }
  const [top, from, to] = y0 <= y1 ? [y0, x0, x1] : [y1, x1, x0];
  const slope = (to - from) / dy;
  const xAt = (t: number) => Math.trunc(from + slope * t + 0.5);
  for (let column = first; column <= last; column++) {
    const edge = SCALE * column + 3;
    const crossed = (t: number) => (xAt(t) >= edge) === (slope > 0);
    // The first step beyond the edge: an estimate, then the rounded steps themselves decide.
    let t = Math.round((edge - 0.5 - from) / slope);
    while (crossed(t - 1)) t--;
    while (!crossed(t)) t++;
    flip(column, top + t - 1);
  }
}

/** Counts of a mask that starts outside and flips at each position; equal positions cancel. */
function countsBetween(flips: number[], total: number): number[] {
  const sorted = Float64Array.from(flips).sort();
  const counts: number[] = [];
  let last = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (sorted[i] === sorted[i + 1]) {
      i++; // in and out at the same place
    } else if (sorted[i] < total) {
      counts.push(sorted[i] - last);
      last = sorted[i];
    }
  }
  if (last < total || counts.length === 0) counts.push(total - last);
  return counts;
}

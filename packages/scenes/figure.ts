import { CATEGORIES } from "./categories.ts";
import { cosine, sine } from "./maths.ts";
import { ownColour, type Part } from "./part.ts";
import type { Placed } from "./place.ts";

/** A placed object and its parts, for one size of picture. */
export interface Figure {
  readonly placed: Placed;
  readonly parts: readonly Part[];
}

/** A rectangle of pixels, and where each lies on an object. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** `[height, width]`, the object's own coordinates of each pixel's centre. */
  readonly u: Float64Array;
  readonly v: Float64Array;
}

/** No part reaches farther from an object's centre, in radii. */
const REACH = 1.4;

/** Makes the parts of an object; pose and texture come from its own stream. */
export function makeFigure(placed: Placed, size: number): Figure {
  const random = placed.random.fork(0);
  const { make } = CATEGORIES[placed.category];
  const brush = { random, pixel: 1 / (placed.radius * size) };
  return { placed, parts: make(placed.look, ownColour(placed.look, random), brush) };
}

/** The pixels that an object may cover. */
export function regionOf({ x, y, radius, turn, mirrored, squeeze }: Placed, size: number): Region {
  const reach = radius * REACH;
  const left = Math.max(0, Math.floor((x - reach) * size));
  const top = Math.max(0, Math.floor((y - reach) * size));
  const width = Math.max(0, Math.min(size, Math.ceil((x + reach) * size)) - left);
  const height = Math.max(0, Math.min(size, Math.ceil((y + reach) * size)) - top);
  const [cos, sin, side] = [cosine(turn), sine(turn), mirrored ? -1 : 1];
  const u = new Float64Array(width * height);
  const v = new Float64Array(width * height);
  for (let row = 0, i = 0; row < height; row++) {
    const dy = ((top + row + 0.5) / size - y) / radius;
    for (let column = 0; column < width; column++, i++) {
      const dx = ((left + column + 0.5) / size - x) / radius;
      u[i] = (dx * cos + dy * sin) * side;
      v[i] = (dy * cos - dx * sin) * squeeze;
    }
  }
  return { left, top, width, height, u, v };
}

/** Stands for a distance that was not computed because it is large. */
const FAR = 9;
/** Pixels a side of the blocks that are looked at as a whole first. */
const BLOCK = 4;
/** Most that a shape's distance errs from the true one: uneven outlines, squeezed objects. */
const SLACK = 0.2;

/** The blocks of a region that a part may reach: `left, right, top, bottom` of each in turn. */
export type Blocks = readonly number[];

/**
 * Distances of a region's pixels to a part, in the object's units, in the blocks that may be within
 * `reach` of it; elsewhere `FAR`.
 */
export function distancesTo(
  { shape }: Part,
  { u, v, width, height }: Region,
  scale: number,
  reach: number,
  out: Float32Array,
): Blocks {
  const blocks: number[] = [];
  const spread = 1.25 * BLOCK * Math.SQRT1_2 / scale; // from a block's middle to its corners
  out.fill(FAR);
  for (let top = 0; top < height; top += BLOCK) {
    const bottom = Math.min(height, top + BLOCK);
    for (let left = 0; left < width; left += BLOCK) {
      const right = Math.min(width, left + BLOCK);
      const middle = ((top + bottom) >> 1) * width + ((left + right) >> 1);
      if (shape(u[middle], v[middle]) > reach + SLACK + spread) continue;
      blocks.push(left, right, top, bottom);
      for (let row = top; row < bottom; row++) {
        for (let i = row * width + left; i < row * width + right; i++) out[i] = shape(u[i], v[i]);
      }
    }
  }
  return blocks;
}

/** 1 where a pixel's centre is inside a part of the object. */
export function silhouette({ parts, placed }: Figure, region: Region, size: number): Uint8Array {
  const out = new Uint8Array(region.u.length);
  const distance = new Float32Array(out.length);
  for (const part of parts) {
    distancesTo(part, region, placed.radius * size, 0, distance);
    for (let i = 0; i < out.length; i++) if (distance[i] < 0) out[i] = 1;
  }
  return out;
}

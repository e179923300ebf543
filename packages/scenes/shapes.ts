/**
 * Shapes as signed distances: below 0 inside, about as many units as it is far to the outline.
 * Local coordinates: an object fills about −1 to 1, y points down.
 *
 * @module
 */

import type { Field } from "./field.ts";
import { clamp, cosine, direction, length, sine } from "./maths.ts";

/** A disc. */
export const disc = (cx: number, cy: number, radius: number): Field => (x, y) =>
  length(x - cx, y - cy) - radius;

/** An ellipse with half axes `a` and `b`, turned. */
export function ellipse(cx: number, cy: number, a: number, b: number, turn = 0): Field {
  const cos = cosine(turn), sin = sine(turn), least = Math.min(a, b);
  return (x, y) => {
    const dx = x - cx, dy = y - cy;
    return (length((dx * cos + dy * sin) / a, (dy * cos - dx * sin) / b) - 1) * least;
  };
}

/** A rectangle with half sides `a` and `b` and rounded corners, turned. */
export function box(cx: number, cy: number, a: number, b: number, corner = 0.03, turn = 0): Field {
  const cos = cosine(turn), sin = sine(turn);
  return (x, y) => {
    const dx = x - cx, dy = y - cy;
    const s = Math.abs(dx * cos + dy * sin) - a + corner;
    const t = Math.abs(dy * cos - dx * sin) - b + corner;
    return length(Math.max(s, 0), Math.max(t, 0)) + Math.min(Math.max(s, t), 0) - corner;
  };
}

/** A line from one point to another, as thick as a radius that may change on the way. */
export function limb(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  radius: number,
  end = radius,
): Field {
  const ax = x2 - x1, ay = y2 - y1;
  const squared = ax * ax + ay * ay;
  return (x, y) => {
    const t = clamp(((x - x1) * ax + (y - y1) * ay) / squared);
    return length(x - x1 - t * ax, y - y1 - t * ay) - radius - (end - radius) * t;
  };
}

/** A polygon by its corners, in either order, grown by `corner` with rounded corners. */
export function polygon(corners: readonly (readonly [number, number])[], corner = 0): Field {
  const count = corners.length;
  const xs = Float64Array.from(corners, ([x]) => x);
  const ys = Float64Array.from(corners, ([, y]) => y);
  return (x, y) => {
    let nearest = Infinity;
    let inside = false;
    for (let i = 0, j = count - 1; i < count; j = i++) {
      const ex = xs[i] - xs[j], ey = ys[i] - ys[j];
      const dx = x - xs[j], dy = y - ys[j];
      const t = clamp((dx * ex + dy * ey) / (ex * ex + ey * ey));
      const rx = dx - t * ex, ry = dy - t * ey;
      nearest = Math.min(nearest, rx * rx + ry * ry);
      if ((ys[j] > y) !== (ys[i] > y) && dx < ex * dy / ey) inside = !inside;
    }
    return (inside ? -Math.sqrt(nearest) : Math.sqrt(nearest)) - corner;
  };
}

/** A shape round the origin whose radius depends on the direction, in turns. */
export const round = (radius: (turns: number) => number): Field => (x, y) =>
  length(x, y) - radius(direction(x, y));

/** All of several shapes. */
export const union = (...shapes: readonly Field[]): Field => (x, y) => {
  let least = Infinity;
  for (let i = 0; i < shapes.length; i++) least = Math.min(least, shapes[i](x, y));
  return least;
};

/** All of several shapes, with what is between them filled in over about `width`. */
export const melted = (width: number, ...shapes: readonly Field[]): Field => (x, y) => {
  let d = shapes[0](x, y);
  for (let i = 1; i < shapes.length; i++) {
    const e = shapes[i](x, y);
    const h = Math.max(width - Math.abs(d - e), 0) / width;
    d = Math.min(d, e) - h * h * width / 4; // Quilez's polynomial smooth minimum
  }
  return d;
};

/** What is in both shapes. */
export const both = (a: Field, b: Field): Field => (x, y) => Math.max(a(x, y), b(x, y));

/** What is in both shapes, with the edge between them rounded over about `width`. */
export const roundedBoth = (width: number, a: Field, b: Field): Field => {
  const outside = melted(width, (x, y) => -a(x, y), (x, y) => -b(x, y));
  return (x, y) => -outside(x, y);
};

/** A shape with others cut out. */
export const without = (shape: Field, ...holes: readonly Field[]): Field => (x, y) => {
  let d = shape(x, y);
  for (let i = 0; i < holes.length; i++) d = Math.max(d, -holes[i](x, y));
  return d;
};

/** A shape with an outline moved out and in by a field. */
export const rough = (shape: Field, by: Field, amount: number): Field => (x, y) =>
  shape(x, y) + amount * by(x, y);

import { clamp, fraction } from "./maths.ts";

/** A number at each place: a distance, a texture, a pattern. */
export type Field = (x: number, y: number) => number;

/** 1 where `value` is above 0, with an edge as wide as a pixel. */
export const above = (value: number, pixel: number): number => clamp(0.5 + value / pixel);

/** Stripes across x: 1 on a `share` of each of `count` periods a unit. */
export function stripes(count: number, share: number, pixel: number, offset = 0): Field {
  return (x) => {
    const t = Math.abs(fraction(x * count + offset) - 0.5);
    return above((share / 2 - t) / count, pixel);
  };
}

/** A checkerboard of `count` squares a unit. */
export function checks(count: number, pixel: number): Field {
  // The product of two square waves, each softened by a pixel, put from −1…1 to 0…1.
  const wave = (x: number) => {
    const t = fraction(x * count / 2);
    const nearest = Math.min(t, Math.abs(t - 0.5), 1 - t) * 2 / count;
    return (t < 0.5 ? 1 : -1) * clamp(nearest * 2 / pixel);
  };
  return (x, y) => 0.5 + 0.5 * wave(x) * wave(y);
}

/** A field seen through turned and scaled coordinates. */
export const turned = (field: Field, cos: number, sin: number): Field => (x, y) =>
  field(x * cos + y * sin, y * cos - x * sin);

import { clamp, fraction } from "./maths.ts";

/** Red, green and blue as shown on a screen, 0 to 1. */
export type Rgb = readonly [number, number, number];

/** A colour by hue (in turns, any number), saturation and value (0 to 1). */
export function hsv(hue: number, saturation: number, value: number): Rgb {
  const h = fraction(hue) * 6;
  const channel = (offset: number) => {
    const k = (offset + h) % 6;
    return value * (1 - saturation * clamp(Math.min(k, 4 - k)));
  };
  return [channel(5), channel(3), channel(1)];
}

/** From `a` at 0 to `b` at 1. */
export const mixed = (a: Rgb, b: Rgb, t: number): Rgb => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];

/** Lighter or darker by a factor. */
export const scaled = ([r, g, b]: Rgb, factor: number): Rgb => [
  clamp(r * factor),
  clamp(g * factor),
  clamp(b * factor),
];

/** A grey. */
export const grey = (value: number): Rgb => [value, value, value];

/** Almost white. */
export const PALE: Rgb = [0.96, 0.95, 0.92];
/** Almost black. */
export const INK: Rgb = [0.07, 0.065, 0.075];

import type { Rgb } from "./colour.ts";
import type { Field } from "./field.ts";
import { clamp } from "./maths.ts";
import type { Random } from "./random.ts";

/** Puts the colour of a place into `out`. */
export type Paint = (x: number, y: number, out: Float64Array) => void;

/** What textures are made with. */
export interface Brush {
  readonly random: Random;
  /** Size of a pixel in the units that the paint is asked in. */
  readonly pixel: number;
}

/** One colour everywhere. */
export const plain = ([r, g, b]: Rgb): Paint => (_x, _y, out) => {
  out[0] = r;
  out[1] = g;
  out[2] = b;
};

/** One paint where `share` is 0, another where it is 1. */
export function blend(under: Paint, over: Paint, share: Field): Paint {
  const other = new Float64Array(3);
  return (x, y, out) => {
    const t = clamp(share(x, y));
    if (t >= 1) return over(x, y, out);
    under(x, y, out);
    if (t <= 0) return;
    over(x, y, other);
    for (let c = 0; c < 3; c++) out[c] += (other[c] - out[c]) * t;
  };
}

/** A paint made lighter and darker: times 1 + `tone`. */
export const toned = (paint: Paint, tone: Field): Paint => (x, y, out) => {
  paint(x, y, out);
  const factor = Math.max(0, 1 + tone(x, y));
  for (let c = 0; c < 3; c++) out[c] = Math.min(1, out[c] * factor);
};

/** From one colour to another as a field goes from 0 to 1. */
export const ramp = (from: Rgb, to: Rgb, share: Field): Paint => (x, y, out) => {
  const t = clamp(share(x, y));
  for (let c = 0; c < 3; c++) out[c] = from[c] + (to[c] - from[c]) * t;
};

import { hsv, mixed, type Rgb } from "../colour.ts";
import { lerp, smooth } from "../maths.ts";
import { noise } from "../noise.ts";
import type { Brush } from "../paint.ts";
import type { MakeStuff } from "../stuff.ts";

/** Foliage in two layers: single leaves of many greens over others in their shade. */
export const leaves: MakeStuff = (brush) => {
  const { random, pixel } = brush;
  const hue = random.between(0.17, 0.36);
  const green = hsv(hue, random.between(0.35, 0.62), random.between(0.36, 0.6));
  const fresh = mixed(green, hsv(hue - 0.06, 0.5, 0.88), random.between(0.3, 0.55));
  const shade = mixed(green, [0.04, 0.08, 0.06], 0.45);
  const masses = noise("soft", { tiles: random.between(0.3, 0.55), pixel, random });
  const ragged = noise("mid", { tiles: 0.9, pixel, random });
  const tiles = random.between(0.75, 1.2);
  const under = layer(brush, { tiles: tiles * 1.2, sin: -0.6, light: 0.84, green, fresh });
  const over = layer(brush, { tiles, sin: 0.6, light: 1.16, green, fresh });
  const below = new Float64Array(3);
  return (x, y, out) => {
    const mass = masses(x, y), bendX = ragged(x, y), bendY = ragged(y, x);
    const gap = over(x + 0.012 * bendX, y + 0.012 * bendY, 0.13 * mass, out);
    const open = Math.max(0.7 * gap, smooth(-0.2, 0.7, 0.4 * bendX - mass));
    if (open === 0) return;
    const dark = 0.45 * under(x + 0.012 * bendY, y + 0.012 * bendX, 0.13 * mass, below);
    for (let c = 0; c < 3; c++) out[c] = lerp(out[c], lerp(below[c], shade[c], dark), open);
  };
};

/** Leaves of one direction, the cosine of which is 0.8. */
interface Layer {
  readonly tiles: number;
  readonly sin: number;
  readonly light: number;
  readonly green: Rgb;
  readonly fresh: Rgb;
}

/** A paint of turned, drawn out cells, which returns how far a place is in a gap between them. */
function layer({ random, pixel }: Brush, { tiles, sin, light, green, fresh }: Layer) {
  const at = random.word();
  // The three tables of one pattern are seen from one place: streams of the same key.
  const view = (kind: "cells" | "edges" | "tones") =>
    noise(kind, { tiles, pixel, random: random.fork(at) });
  const cells = view("cells"), edges = view("edges"), tones = view("tones");
  return (x: number, y: number, tone: number, out: Float64Array): number => {
    const across = 0.8 * x + sin * y, along = 0.55 * (0.8 * y - sin * x);
    const share = tones(across, along);
    const factor = light + tone - 0.3 * cells(across, along);
    for (let c = 0; c < 3; c++) out[c] = Math.min(1, lerp(green[c], fresh[c], share) * factor);
    return smooth(0.14, 0, edges(across, along));
  };
}

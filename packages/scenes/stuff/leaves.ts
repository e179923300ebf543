import { hsv, mixed } from "../colour.ts";
import { smooth } from "../maths.ts";
import { noise } from "../noise.ts";
import { blend, plain, ramp, toned } from "../paint.ts";
import type { MakeStuff } from "../stuff.ts";

/** Foliage in two layers: single leaves of many greens over others in their shade. */
export const leaves: MakeStuff = ({ random, pixel }) => {
  const hue = random.between(0.17, 0.36);
  const green = hsv(hue, random.between(0.35, 0.62), random.between(0.36, 0.6));
  const fresh = mixed(green, hsv(hue - 0.06, 0.5, 0.88), random.between(0.3, 0.55));
  const masses = noise("soft", { tiles: random.between(0.3, 0.55), pixel, random });
  const ragged = noise("mid", { tiles: 0.9, pixel, random });
  const layer = (tiles: number, light: number, cos: number, sin: number) => {
    const at = random.word();
    const view = (kind: "cells" | "edges" | "tones") =>
      noise(kind, { tiles, pixel, random: random.fork(at) });
    const cells = view("cells"), edges = view("edges"), tones = view("tones");
    // Cells turned, drawn out and bent: leaves that point one way, none a polygon.
    const across = (x: number, y: number) => x * cos + y * sin + 0.012 * ragged(x, y);
    const along = (x: number, y: number) => 0.55 * (y * cos - x * sin) + 0.008 * ragged(y, x);
    const paint = toned(
      ramp(green, fresh, (x, y) => tones(across(x, y), along(x, y))),
      (x, y) => light + 0.13 * masses(x, y) - 0.3 * cells(across(x, y), along(x, y)),
    );
    const gaps = (x: number, y: number) => smooth(0.14, 0, edges(across(x, y), along(x, y)));
    return { paint, gaps };
  };
  const tiles = random.between(0.75, 1.2);
  const under = layer(tiles * 1.2, -0.16, 0.8, -0.6);
  const over = layer(tiles, 0.16, 0.8, 0.6);
  const shade = plain(mixed(green, [0.04, 0.08, 0.06], 0.45));
  const below = blend(under.paint, shade, (x, y) => 0.45 * under.gaps(x, y));
  return blend(over.paint, below, (x, y) => {
    const open = smooth(-0.2, 0.7, -masses(x * 1.3, y * 1.3) + 0.4 * ragged(x, y));
    return Math.max(0.7 * over.gaps(x, y), open);
  });
};

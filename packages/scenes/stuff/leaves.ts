import { hsv, mixed } from "../colour.ts";
import { smooth } from "../maths.ts";
import { noise } from "../noise.ts";
import { blend, plain, ramp, toned } from "../paint.ts";
import type { MakeStuff } from "../stuff.ts";

/** Foliage in two layers: single leaves of many greens over others in their shade. */
export const leaves: MakeStuff = ({ random, pixel }) => {
  const hue = random.between(0.17, 0.38);
  const green = hsv(hue, random.between(0.35, 0.65), random.between(0.32, 0.58));
  const fresh = mixed(green, hsv(hue - 0.06, 0.55, 0.85), random.between(0.25, 0.5));
  const masses = noise("soft", { tiles: random.between(0.25, 0.5), pixel, random });
  const layer = (tiles: number, light: number) => {
    const at = random.word();
    const view = (kind: "cells" | "edges" | "tones") =>
      noise(kind, { tiles, pixel, random: random.fork(at) });
    const [cells, edges, tones] = [view("cells"), view("edges"), view("tones")];
    const bend = (x: number, y: number) => 0.012 * masses(y * 3, x * 3);
    const leaf = ramp(green, fresh, (x, y) => tones(x + bend(x, y), y * 0.8));
    const paint = toned(
      leaf,
      (x, y) => light + 0.12 * masses(x, y) - 0.22 * cells(x + bend(x, y), y * 0.8),
    );
    return {
      paint,
      gaps: (x: number, y: number) => smooth(0.12, 0.02, edges(x + bend(x, y), y * 0.8)),
    };
  };
  const tiles = random.between(0.5, 0.95);
  const under = layer(tiles * 1.4, -0.22);
  const over = layer(tiles, 0.1);
  const shade = plain(mixed(green, [0.03, 0.06, 0.05], 0.55));
  const below = blend(under.paint, shade, (x, y) => 0.5 * under.gaps(x, y));
  return blend(
    over.paint,
    below,
    (x, y) => Math.max(over.gaps(x, y), smooth(0.1, 0.5, -masses(x * 1.3, y * 1.3) - 0.5)),
  );
};

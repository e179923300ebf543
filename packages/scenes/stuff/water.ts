import { hsv, mixed } from "../colour.ts";
import { smooth } from "../maths.ts";
import { noise } from "../noise.ts";
import { blend, plain, ramp, toned } from "../paint.ts";
import type { MakeStuff } from "../stuff.ts";

/** Water: paler far off, low ripples, a few glints on their crests. */
export const water: MakeStuff = ({ random, pixel }) => {
  const hue = random.between(0.48, 0.61);
  const deep = hsv(hue, random.between(0.45, 0.78), random.between(0.32, 0.62));
  const pale = mixed(deep, hsv(hue - 0.03, 0.25, 0.92), random.between(0.2, 0.5));
  const swell = noise("soft", { tiles: random.between(0.25, 0.4), pixel, random });
  const ripples = noise("strokes", { tiles: random.between(0.35, 0.6), pixel, random });
  const depth = random.between(0.05, 0.11);
  const glints = random.between(0, 0.5);
  const height = (x: number, y: number) => ripples(y * 1.2 + 0.02 * swell(x, y), x * 1.5);
  const surface = toned(
    ramp(pale, deep, (x, y) => y * 1.1 + 0.12 * swell(x, y * 2)),
    (x, y) => depth * height(x, y) + 0.03 * swell(x, y * 3),
  );
  return blend(surface, plain([0.95, 0.98, 1]), (x, y) => glints * smooth(1.5, 2.2, height(x, y)));
};

import { hsv } from "../colour.ts";
import { above } from "../field.ts";
import { fraction, sine } from "../maths.ts";
import { noise } from "../noise.ts";
import { plain, toned } from "../paint.ts";
import { cellValue } from "../random.ts";
import type { MakeStuff } from "../stuff.ts";

/** Planks: each with its own tone and piece of grain, joints between them and at their ends. */
export const wood: MakeStuff = ({ random, pixel }) => {
  const base = hsv(
    random.between(0.05, 0.1),
    random.between(0.3, 0.58),
    random.between(0.42, 0.82),
  );
  const count = random.between(4, 9);
  const long = random.between(0.5, 1.4); // of a plank
  const key = random.word();
  const grain = noise("strokes", { tiles: random.between(0.35, 0.55), pixel, random });
  const rings = noise("soft", { tiles: 0.35, pixel, random });
  const depth = random.between(0.04, 0.09);
  return toned(plain(base), (x, y) => {
    const row = Math.floor(y * count);
    const along = x / long + cellValue(0, row, key);
    const plank = Math.floor(along);
    const own = cellValue(plank, row, key + 1);
    const joint = Math.min(
      Math.min(fraction(y * count), 1 - fraction(y * count)) / count,
      Math.min(fraction(along), 1 - fraction(along)) * long,
    );
    const figure = sine(3 * rings(x * 0.35 + own * 5, y * 1.6 + own * 3));
    return 0.22 * (own - 0.5) +
      depth * (grain(y + own, x * 0.8) + 0.6 * figure) -
      0.45 * above(0.005 - joint, Math.max(pixel, 0.006));
  });
};

import { hsv, mixed } from "../colour.ts";
import { above } from "../field.ts";
import { fraction } from "../maths.ts";
import { noise } from "../noise.ts";
import { blend, plain, toned } from "../paint.ts";
import { cellValue } from "../random.ts";
import type { MakeStuff } from "../stuff.ts";

/** Bricks in running bond, each of its own tone, with an upper edge that catches the light. */
export const brickWall: MakeStuff = ({ random, pixel }) => {
  const base = hsv(
    random.between(-0.02, 0.07),
    random.between(0.25, 0.55),
    random.between(0.42, 0.75),
  );
  const mortar = mixed(base, [0.82, 0.8, 0.76], random.between(0.4, 0.9));
  const courses = random.between(11, 22);
  const key = random.word();
  const stains = noise("soft", { tiles: 0.35, pixel, random });
  const grit = noise("mid", { tiles: 0.8, pixel, random });
  const spread = random.between(0.12, 0.28);
  const along = (x: number, row: number) => x * courses * 0.46 + (row & 1) * 0.5;
  const bricks = toned(plain(base), (x, y) => {
    const row = Math.floor(y * courses);
    const own = cellValue(Math.floor(along(x, row)), row, key) - 0.5;
    return spread * own + 0.05 * stains(x, y) + 0.035 * grit(x, y) +
      0.1 * above((0.3 - fraction(y * courses)) / courses, pixel * 2);
  });
  return blend(bricks, plain(mortar), (x, y) => {
    const row = Math.floor(y * courses);
    const t = fraction(along(x, row));
    const joint = Math.min(
      Math.min(t, 1 - t) / (courses * 0.46),
      Math.min(fraction(y * courses), 1 - fraction(y * courses)) / courses,
    );
    return 0.8 * above(0.004 - joint, Math.max(pixel, 0.004));
  });
};

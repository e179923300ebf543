import { hsv } from "../colour.ts";
import { sine } from "../maths.ts";
import { noise } from "../noise.ts";
import { plain, toned } from "../paint.ts";
import type { MakeStuff } from "../stuff.ts";

/** Sand: dunes, wind ripples, fine grains. */
export const sand: MakeStuff = ({ random, pixel }) => {
  const base = hsv(
    random.between(0.07, 0.13),
    random.between(0.18, 0.45),
    random.between(0.65, 0.95),
  );
  const dunes = noise("soft", { tiles: random.between(0.2, 0.4), pixel, random });
  const grains = noise("fine", { tiles: random.between(0.6, 1), pixel, random });
  const count = random.between(9, 20);
  const depth = random.chance(0.5) ? random.between(0.02, 0.05) : 0;
  return toned(plain(base), (x, y) => {
    const dune = dunes(x, y);
    return 0.06 * dune + 0.028 * grains(x, y) +
      depth * sine(count * (y + 0.07 * dune + 0.15 * x));
  });
};

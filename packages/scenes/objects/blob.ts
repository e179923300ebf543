import { mixed, PALE, scaled } from "../colour.ts";
import { noise } from "../noise.ts";
import { above } from "../field.ts";
import { sine } from "../maths.ts";
import { blend, plain } from "../paint.ts";
import type { MakeParts } from "../part.ts";
import { round } from "../shapes.ts";

/** A lump with bays and bulges, in the patches of a cow. */
export const blob: MakeParts = ({ density, share, count, build }, colour, { random, pixel }) => {
  const [a, b, c] = [random.unit(), random.unit(), random.unit()];
  const bays = random.between(0.05, 0.17);
  const lobes = count > 6 ? 4 : 3;
  const shape = round((t) =>
    0.76 + bays * sine(2 * t + a) + bays * 0.8 * sine(lobes * t + b) +
    0.03 * sine(5 * t + c)
  );
  const patches = noise("soft", { tiles: 0.16 * density, pixel, random });
  const level = 0.9 - 1.4 * share;
  const light = mixed(colour, PALE, 0.7);
  const dark = build < 0.6 ? scaled(colour, 0.25) : colour;
  return [{
    shape,
    paint: blend(plain(light), plain(dark), (x, y) => above((patches(x, y) - level) * 0.3, pixel)),
    rim: 0.42,
    gloss: 0.25,
  }];
};

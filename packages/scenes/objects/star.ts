import { mixed, PALE, scaled } from "../colour.ts";
import { above } from "../field.ts";
import { noise } from "../noise.ts";
import { clamp, cosine, direction, length } from "../maths.ts";
import { blend, plain, ramp, toned } from "../paint.ts";
import type { MakeParts } from "../part.ts";
import { limb, melted, rough } from "../shapes.ts";

/** A furry starfish: tapering arms that each bend a little, and rows of dots. */
export const star: MakeParts = ({ count, density, share, build }, colour, { random, pixel }) => {
  const arms = count > 6 ? count - 2 : 5;
  const thick = 0.3 - 0.018 * arms + 0.1 * share;
  const shapes = Array.from({ length: arms }, (_, i) => {
    const t = (i + random.between(-0.18, 0.18)) / arms;
    const reach = random.between(0.8, 0.93);
    return limb(0, 0, cosine(t) * reach, cosine(t - 0.25) * reach, thick * 1.15, thick * 0.4);
  });
  const fur = noise("fine", { tiles: 0.22, pixel, random });
  const tufts = noise("mid", { tiles: 0.3, pixel, random });
  const body = toned(
    ramp(mixed(colour, PALE, 0.25), scaled(colour, 0.75), (x, y) => length(x, y)),
    (x, y) => 0.09 * fur(x, y) + 0.07 * tufts(x, y),
  );
  const dots = (x: number, y: number) => {
    const t = direction(x, y) * arms;
    const across = (t - Math.round(t)) * 6.28 / arms * length(x, y);
    const along = length(x, y) * 5 * density;
    const d = length(across * 5 * density, along - Math.round(along));
    return clamp(above(0.24 - d, pixel * 6)) * (length(x, y) < 0.85 ? 1 : 0);
  };
  return [{
    shape: rough(melted(0.16, ...shapes), fur, 0.014),
    paint: build < 0.5 ? body : blend(body, plain(mixed(colour, PALE, 0.75)), dots),
    rim: 0.22,
  }];
};

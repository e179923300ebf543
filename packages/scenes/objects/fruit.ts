import { hsv, mixed, PALE, type Rgb, scaled } from "../colour.ts";
import { noise } from "../noise.ts";
import { length } from "../maths.ts";
import { type Brush, plain, ramp, toned } from "../paint.ts";
import type { Look, MakeParts, Part } from "../part.ts";
import { both, disc, ellipse, limb, melted, union, without } from "../shapes.ts";

/** An apple, a pear, or a pair of cherries. */
export const fruit: MakeParts = (look, colour, brush) => {
  const builds = [apple, pear, cherries];
  return builds[Math.floor(look.build * 2.999)](look, colour, brush);
};

const STALK = hsv(0.08, 0.55, 0.35);
const LEAF = hsv(0.28, 0.6, 0.5);

/** Skin with a blush on one side and fine freckles. */
function skin(colour: Rgb, contrast: number, { random, pixel }: Brush): Part["paint"] {
  const freckles = noise("fine", { tiles: 0.3, pixel, random });
  const blush = mixed(colour, hsv(0.03 + 0.1 * contrast, 0.75, 0.85), 0.55);
  return toned(
    ramp(colour, blush, (x, y) => length(x - 0.6, y - 0.3)),
    (x, y) => 0.035 * freckles(x, y),
  );
}

const leaf = (x: number, y: number, turn: number): Part => ({
  shape: ellipse(x, y, 0.24, 0.1, turn),
  paint: plain(LEAF),
  rim: 0.1,
  gloss: 0.2,
});

function apple({ contrast, share }: Look, colour: Rgb, brush: Brush): Part[] {
  const body = without(
    melted(0.35, ellipse(-0.2, 0.12, 0.62, 0.7, 0.02), ellipse(0.2, 0.12, 0.62, 0.7, -0.02)),
    disc(0, -0.72, 0.14),
  );
  const bitten = contrast < 0.3;
  const bite = union(disc(1.0, 0.0, 0.36), disc(0.92, 0.42, 0.24));
  const parts: Part[] = [
    { shape: limb(0, -0.5, 0.08, -0.92, 0.04, 0.05), paint: plain(STALK), rim: 0.05 },
    {
      shape: bitten ? without(body, bite) : body,
      paint: skin(colour, contrast, brush),
      rim: bitten ? 0.45 : 0.75,
      gloss: 0.8,
    },
  ];
  if (bitten) {
    // A band of flesh round the bite: two colours in one outline with a bay.
    const flesh = both(body, (x, y) => bite(x, y) - 0.17);
    parts.push({ shape: without(flesh, bite), paint: plain(hsv(0.13, 0.25, 0.93)), rim: 0.1 });
  }
  return share < 0.5 ? [...parts, leaf(0.28, -0.78, -0.06)] : parts;
}

function pear({ contrast, share }: Look, colour: Rgb, brush: Brush): Part[] {
  return [
    { shape: limb(0.03, -0.7, 0.12, -0.97, 0.035, 0.045), paint: plain(STALK), rim: 0.05 },
    {
      shape: melted(0.5, disc(0, 0.36, 0.54), ellipse(0.04, -0.42, 0.28, 0.36)),
      paint: skin(colour, contrast, brush),
      rim: 0.5,
      gloss: 0.6,
    },
    ...(share < 0.5 ? [leaf(0.32, -0.8, -0.04)] : []),
  ];
}

function cherries({ contrast }: Look, colour: Rgb, brush: Brush): Part[] {
  const { random } = brush;
  const [x, y] = [random.between(0.42, 0.52), random.between(0.3, 0.46)];
  const dark = mixed(scaled(colour, 0.9), PALE, 0.02);
  return [
    {
      shape: union(limb(-0.42, 0.25, 0.1, -0.85, 0.035), limb(x, y, 0.1, -0.85, 0.035)),
      paint: plain(LEAF),
      rim: 0.05,
    },
    leaf(0.36, -0.78, -0.03),
    { shape: disc(-0.44, 0.44, 0.42), paint: skin(dark, contrast, brush), rim: 0.42, gloss: 1 },
    { shape: disc(x, y + 0.14, 0.38), paint: skin(dark, contrast, brush), rim: 0.38, gloss: 1 },
  ];
}

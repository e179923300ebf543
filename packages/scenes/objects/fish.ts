import { INK, mixed, PALE, scaled } from "../colour.ts";
import { above, stripes } from "../field.ts";
import { fraction, length, smooth } from "../maths.ts";
import { blend, plain, ramp, toned } from "../paint.ts";
import type { MakeParts, Part } from "../part.ts";
import { both, disc, ellipse, polygon, without } from "../shapes.ts";

/** A fish: forked tail, fins, pale belly, stripes or scales, gill and eye. */
export const fish: MakeParts = ({ density, share, contrast, build }, colour, { random, pixel }) => {
  const bend = random.between(-0.14, 0.14); // of the tail
  const tall = 0.3 + 0.2 * share;
  const back = mixed(scaled(colour, 0.3), PALE, contrast > 0.7 ? 0.8 : 0);
  const flank = ramp(colour, mixed(colour, PALE, 0.75), (_x, y) => smooth(-0.12, 0.3, y));
  const bars = stripes(2.2 * density, 0.42, pixel);
  const scales = (x: number, y: number) => {
    const row = Math.floor(y * 9);
    const d = length(fraction(x * 7 + (row & 1) * 0.5) - 0.5, fraction(y * 9) - 0.1);
    return 0.16 * above(d - 0.55, pixel * 9) * -1;
  };
  const skin = build < 0.6
    ? blend(flank, plain(back), (x, y) => 0.85 * bars(x + 0.25 * y * y, y) * (x < 0.38 ? 1 : 0))
    : toned(flank, (x, y) => x < 0.36 ? scales(x, y) : 0);
  const fin = toned(plain(scaled(colour, 0.75)), (x, y) => 0.1 * bars(y * 2 + x, x));
  const body = ellipse(0.16, 0, 0.74, tall);
  const gill = both(without(disc(0.3, 0, 0.34), disc(0.25, 0, 0.33)), disc(0.55, 0, 0.3));
  const parts: Part[] = [
    { shape: tail(bend), paint: fin, rim: 0.1 },
    {
      shape: polygon([[-0.1, -tall * 0.8], [0.05, -tall - 0.24], [0.45, -tall * 0.7]], 0.03),
      paint: fin,
      rim: 0.08,
    },
    {
      shape: polygon([[0.05, tall * 0.8], [-0.05, tall + 0.2], [0.3, tall * 0.8]], 0.03),
      paint: fin,
      rim: 0.08,
    },
    { shape: body, paint: skin, rim: 0.38, gloss: 0.6 },
    { shape: gill, paint: plain(scaled(colour, 0.55)), rim: 0 },
    { shape: ellipse(0.12, 0.1, 0.16, 0.08, 0.06), paint: fin, rim: 0.06 },
    { shape: disc(0.6, -0.08, 0.085), paint: plain(PALE), rim: 0.04 },
    { shape: disc(0.62, -0.08, 0.05), paint: plain(INK), rim: 0.03, gloss: 0.9 },
  ];
  return parts;
};

const tail = (bend: number) =>
  polygon(
    [[-0.42, 0.02], [-0.66, -0.1 + bend], [-0.94, -0.36 + bend], [-0.8, bend], [
      -0.94,
      0.34 + bend,
    ], [-0.66, 0.1 + bend]],
    0.04,
  );

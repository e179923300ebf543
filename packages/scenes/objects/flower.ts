import { hsv, mixed, PALE, scaled } from "../colour.ts";
import { noise } from "../noise.ts";
import { cosine, length, sine } from "../maths.ts";
import { plain, ramp, toned } from "../paint.ts";
import type { MakeParts, Part } from "../part.ts";
import { disc, ellipse, limb, union } from "../shapes.ts";

/** A flower: single petals in a ring or two, a grainy centre; some on a stem with leaves. */
export const flower: MakeParts = (look, colour, { random, pixel }) => {
  const { count, share, contrast, build } = look;
  const stemmed = build < 0.4;
  const [cy, size] = stemmed ? [-0.38, 0.6] : [0, 1];
  const petals = (turn: number, reach: number, paint: Part["paint"]): Part[] =>
    Array.from({ length: count }, (_, i) => {
      const t = (i + turn + random.between(-0.06, 0.06)) / count;
      const r = 0.54 * reach * size;
      return {
        shape: ellipse(
          r * cosine(t),
          cy + r * sine(t),
          0.36 * reach * size,
          (0.11 + 0.9 / count * share + 0.05) * reach * size,
          t,
        ),
        paint,
        rim: 0.2 * size,
      };
    });
  const veined = ramp(
    scaled(colour, 0.65),
    mixed(colour, PALE, 0.3),
    (x, y) => length(x, y - cy) / size,
  );
  const grain = noise("fine", { tiles: 0.3, pixel, random });
  const centre = toned(plain(hsv(0.13 - 0.08 * contrast, 0.8, 0.85)), (x, y) => 0.14 * grain(x, y));
  return [
    ...(stemmed ? stem(random.between(-0.15, 0.15)) : []),
    ...petals(0, 1, veined),
    ...(contrast > 0.55 ? petals(0.5, 0.66, toned(veined, () => 0.18)) : []),
    { shape: disc(0, cy, 0.23 * size), paint: centre, rim: 0.2 * size },
  ];
};

function stem(lean: number): Part[] {
  const green = hsv(0.29, 0.6, 0.5);
  return [
    {
      shape: union(limb(lean * 0.5, 0.95, lean, 0.4, 0.05), limb(lean, 0.4, 0, -0.3, 0.05, 0.04)),
      paint: plain(green),
      rim: 0.06,
    },
    { shape: ellipse(lean - 0.24, 0.52, 0.27, 0.1, 0.1), paint: plain(green), rim: 0.1 },
    {
      shape: ellipse(lean + 0.22, 0.66, 0.26, 0.1, -0.09),
      paint: plain(scaled(green, 1.15)),
      rim: 0.1,
    },
  ];
}

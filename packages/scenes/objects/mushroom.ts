import { hsv, mixed, PALE, type Rgb, scaled } from "../colour.ts";
import { above, stripes } from "../field.ts";
import { noise } from "../noise.ts";
import { length } from "../maths.ts";
import { type Brush, type Paint, plain, ramp, toned } from "../paint.ts";
import type { Look, MakeParts, Part } from "../part.ts";
import { disc, ellipse, limb, melted, roundedBoth } from "../shapes.ts";

/** A mushroom: a stem with a ring, gills, a spotted cap; some have a small one beside them. */
export const mushroom: MakeParts = (look, colour, brush) => {
  const main = one(look, colour, brush, 0, 1);
  return look.build < 0.35 ? [...one(look, colour, brush, 0.5, 0.5), ...main] : main;
};

/** One at `dx`, `size` times as large, standing where the object stands. */
function one(
  { share, density, contrast }: Look,
  colour: Rgb,
  brush: Brush,
  dx: number,
  size: number,
): Part[] {
  const { random, pixel } = brush;
  const lean = random.between(-0.1, 0.1);
  const [x, y] = [(u: number) => dx + u * size, (v: number) => 0.92 - (0.92 - v) * size];
  const wide = 0.62 + 0.42 * share;
  const flesh = hsv(0.11, 0.14, 0.9);
  const grain = noise("strokes", { tiles: 0.25, pixel, random });
  const stem = toned(plain(flesh), (u, v) => 0.05 * grain(u, v));
  const lines = stripes(16, 0.5, pixel * 4);
  const dome = ellipse(x(lean), y(0.02), wide * size, 0.86 * size);
  const rim = y(0.12);
  return [
    {
      shape: limb(x(lean * 0.6), y(0.05), x(0), y(0.78), 0.17 * size, 0.22 * size),
      paint: stem,
      rim: 0.26 * size,
    },
    {
      shape: ellipse(x(lean * 0.4), y(0.36), 0.26 * size, 0.06 * size),
      paint: plain(scaled(flesh, 0.92)),
      rim: 0.06,
    },
    {
      shape: ellipse(x(lean), rim, wide * 0.94 * size, 0.13 * size),
      paint: ramp(
        scaled(flesh, 0.5),
        scaled(flesh, 0.72),
        (u, v) => lines((u - x(lean)) * (1 - v + rim), v),
      ),
      rim: 0,
    },
    {
      shape: roundedBoth(
        0.3 * size,
        melted(0.05, dome, ellipse(x(lean), y(0), wide * size, 0.14 * size)),
        (_u, v) => v - rim - 0.05 * size,
      ),
      paint: spotted(colour, contrast, density / size, brush),
      rim: 0.5 * size,
      gloss: 0.35,
    },
  ];
}

/** Warts: discs of several sizes, or none. */
function spotted(colour: Rgb, contrast: number, density: number, { random, pixel }: Brush): Paint {
  const shaded = ramp(mixed(colour, PALE, 0.12), scaled(colour, 0.7), (u, v) => length(u, v + 0.3));
  if (contrast < 0.3) return shaded;
  const warts = Array.from({ length: 12 }, () => {
    const [u, v] = [random.between(-0.8, 0.8), random.between(-0.75, 0.05)];
    return disc(u, v, random.between(0.05, 0.12) / density);
  });
  const pale = new Float64Array([0.95, 0.93, 0.88]);
  return (u, v, out) => {
    shaded(u, v, out);
    let nearest = 9;
    for (const wart of warts) nearest = Math.min(nearest, wart(u, v));
    const t = above(-nearest, pixel);
    for (let c = 0; c < 3; c++) out[c] += (pale[c] - out[c]) * t;
  };
}

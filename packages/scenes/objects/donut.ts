import { hsv, mixed, PALE } from "../colour.ts";
import { noise } from "../noise.ts";
import { cosine, length, sine } from "../maths.ts";
import { plain, ramp, toned } from "../paint.ts";
import type { MakeParts, Part } from "../part.ts";
import { disc, limb, round, union, without } from "../shapes.ts";

/** A ring of dough with running icing and sprinkles; some are bitten. */
export const donut: MakeParts = ({ count, contrast, share, build }, colour, { random, pixel }) => {
  const crumbs = noise("mid", { tiles: 0.25, pixel, random });
  const dough = toned(
    ramp(hsv(0.09, 0.45, 0.85), hsv(0.07, 0.62, 0.55), (x, y) => length(x, y) * 2.6 - 1.6),
    (x, y) => 0.05 * crumbs(x, y),
  );
  const hole = disc(0, 0, 0.27);
  const bites = build < 0.3
    ? [disc(0.72, -0.5, 0.3), disc(0.92, -0.16, 0.24), disc(0.38, -0.86, 0.22)]
    : [];
  const phase = random.unit();
  const drips = round((t) =>
    0.76 + 0.05 * sine(count * t + phase) + 0.035 * sine(3 * t + phase * 2)
  );
  const icing = without(drips, disc(0, 0, 0.36), ...bites);
  const parts: Part[] = [
    { shape: without(disc(0, 0, 0.93), hole, ...bites), paint: dough, rim: 0.33 },
    { shape: icing, paint: plain(colour), rim: 0.22, gloss: 0.5 },
  ];
  if (share > 0.45) parts.push(...sprinkles(colour, contrast));
  return parts;

  function sprinkles(under: typeof colour, hue: number): Part[] {
    const colours = [mixed(under, PALE, 0.85), hsv(hue, 0.6, 0.95), hsv(hue + 0.35, 0.55, 0.9)];
    return colours.map((paint, kind) => ({
      shape: union(...Array.from({ length: 6 }, (_, i) => {
        const t = (i + kind / 3 + random.between(-0.1, 0.1)) / 6;
        const r = random.between(0.47, 0.66);
        const [x, y, lean] = [r * cosine(t), r * sine(t), random.unit()];
        // A bite takes the sprinkles on it too.
        if (bites.some((bite) => bite(x, y) < 0.12)) return () => 1;
        return limb(x, y, x + 0.09 * cosine(lean), y + 0.09 * sine(lean), 0.032);
      })),
      paint: plain(paint),
      rim: 0.03,
    }));
  }
};

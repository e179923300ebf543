import { grey, mixed } from "../colour.ts";
import { noise } from "../noise.ts";
import { clamp, cosine, direction, length, sine } from "../maths.ts";
import { ramp, toned } from "../paint.ts";
import type { MakeParts, Part } from "../part.ts";
import { disc, round, without } from "../shapes.ts";

/** A gear of turned metal: teeth, a bore, and round or no windows between hub and rim. */
export const gear: MakeParts = (look, colour, { random, pixel }) => {
  const { count, share, contrast, build } = look;
  const teeth = count + 3;
  const sheen = random.unit();
  const turning = noise("strokes", { tiles: 0.5, pixel, random });
  const metal = toned(
    ramp(
      mixed(grey(0.34), colour, 0.25),
      mixed(grey(0.85), colour, 0.12),
      (x, y) => 0.5 + 0.4 * sine(2 * direction(x, y) + sheen),
    ),
    (x, y) => 0.05 * turning(length(x, y) * 3, 0.1),
  );
  const outline = round((t) => 0.8 + 0.11 * clamp(2.5 * cosine(teeth * t), -1, 1));
  const bore = disc(0, 0, 0.14 + 0.1 * share);
  const windows = build < 0.6
    ? Array.from({ length: count - 2 }, (_, i) => {
      const t = i / (count - 2);
      return disc(
        0.47 * cosine(t),
        0.47 * sine(t),
        0.06 + 0.55 / (count + 1) * (0.5 + 0.5 * contrast) * 1.4,
      );
    })
    : [];
  const parts: Part[] = [
    { shape: without(outline, bore, ...windows), paint: metal, rim: 0.09, gloss: 0.6 },
    {
      shape: without(disc(0, 0, 0.36), bore, ...windows),
      paint: toned(metal, () => 0.08),
      rim: 0.06,
      gloss: 0.6,
    },
  ];
  return build < 0.6 ? parts : [
    parts[0],
    {
      shape: without(disc(0, 0, 0.66), bore),
      paint: toned(metal, () => -0.2),
      rim: 0.04,
      gloss: 0.3,
    },
    parts[1],
  ];
};

import { INK, mixed, PALE, scaled } from "../colour.ts";
import { noise } from "../noise.ts";
import { plain, toned } from "../paint.ts";
import type { MakeParts, Part } from "../part.ts";
import { box, disc, union } from "../shapes.ts";

/** A wooden crate: slats with gaps one sees through, posts, rails and braces. */
export const crate: MakeParts = ({ count, share, build, density }, colour, { random, pixel }) => {
  const grain = noise("strokes", { tiles: 0.22 * density, pixel, random });
  const wood = (shade: number, upright: boolean) =>
    toned(plain(scaled(colour, shade)), (x, y) => 0.09 * (upright ? grain(x, y) : grain(y, x)));
  const high = Math.min(0.85, 0.46 + 0.7 * share);
  const slats = count > 6 ? 5 : 4;
  const open = build < 0.6;
  const parts: Part[] = [];
  if (!open) {
    parts.push({
      shape: box(0, 0, 0.82, high - 0.04, 0.02),
      paint: plain(mixed(INK, colour, 0.25)),
      rim: 0,
    });
  }
  for (let i = 0; i < slats; i++) {
    const half = (high - 0.06) / slats;
    const y = -high + 0.06 + half * (2 * i + 1);
    const shade = random.between(0.72, 0.95);
    parts.push({
      shape: box(0, y, 0.8, half * (open ? 0.68 : 0.88), 0.02),
      paint: wood(shade, false),
      rim: 0.05,
    });
  }
  const brace = build < 0.3 || build > 0.75
    ? box(0, 0, 1.02, 0.1, 0.01, 0.125 * (high + 0.4))
    : null;
  if (brace) {
    const inside = box(0, 0, 0.78, high - 0.05, 0);
    parts.push({
      shape: (x, y) => Math.max(brace(x, y), inside(x, y)),
      paint: wood(1, false),
      rim: 0.05,
    });
  }
  parts.push(
    {
      shape: union(box(-0.76, 0, 0.12, high, 0.02), box(0.76, 0, 0.12, high, 0.02)),
      paint: wood(0.95, true),
      rim: 0.06,
    },
    {
      shape: union(box(0, 0.1 - high, 0.89, 0.11, 0.02), box(0, high - 0.1, 0.89, 0.11, 0.02)),
      paint: wood(1.1, false),
      rim: 0.06,
    },
    { shape: nails(high), paint: plain(mixed(INK, PALE, 0.25)), rim: 0.03, gloss: 0.4 },
  );
  return parts.map((part) => part.rim > 0 ? { gloss: 0.1, ...part } : part);
};

const nails = (high: number) =>
  union(...[-0.76, 0.76].flatMap((x) => [0.1 - high, high - 0.1].map((y) => disc(x, y, 0.035))));

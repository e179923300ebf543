import { hsv, mixed, PALE, type Rgb, scaled } from "../colour.ts";
import { noise } from "../noise.ts";
import { cosine, sine } from "../maths.ts";
import { type Brush, plain, ramp, toned } from "../paint.ts";
import type { Look, MakeParts, Part } from "../part.ts";
import { disc, limb, polygon, rough, union } from "../shapes.ts";

/** A broad-leaved tree of tufts on branches, or a conifer of skirts. */
export const tree: MakeParts = (look, colour, brush) =>
  look.build < 0.65 ? broadLeaved(look, colour, brush) : conifer(look, colour, brush);

const BARK = hsv(0.07, 0.5, 0.38);

/** Leaves: small tufts, dark between them. */
function foliage(colour: Rgb, { random, pixel }: Brush): Part["paint"] {
  const tufts = noise("cells", { tiles: 0.6, pixel, random });
  const masses = noise("mid", { tiles: 0.14, pixel, random });
  return toned(plain(colour), (x, y) => 0.22 - 0.55 * tufts(x, y) + 0.08 * masses(x, y));
}

function broadLeaved({ count, share }: Look, colour: Rgb, brush: Brush): Part[] {
  const { random, pixel } = brush;
  const fringe = noise("mid", { tiles: 0.3, pixel, random });
  const tufts = Array.from({ length: count - 1 }, (_, i) => {
    const t = (i + random.between(-0.2, 0.2)) / (count - 1);
    const r = random.between(0.26, 0.36);
    return { x: 0.42 * cosine(t), y: -0.3 + 0.36 * sine(t), r };
  }).sort((a, b) => b.y - a.y);
  const trunk = 0.08 + 0.07 * share;
  const wood: Part = {
    shape: union(
      limb(0, 0.95, 0, 0.1, trunk * 1.2, trunk * 0.8),
      limb(0, 0.45, -0.35, 0, trunk * 0.6, trunk * 0.4),
      limb(0, 0.35, 0.32, -0.02, trunk * 0.6, trunk * 0.4),
    ),
    paint: plain(BARK),
    rim: 0.12,
  };
  const crown = (x: number, y: number, r: number, shade: number): Part => ({
    shape: rough(disc(x, y, r), fringe, 0.03),
    paint: foliage(scaled(colour, shade), brush),
    rim: 0.34,
  });
  // Lower tufts are darker: the ones above shade them.
  return [
    wood,
    ...tufts.map(({ x, y, r }) => crown(x, y, r, 0.62 - 0.28 * y)),
    crown(0.02, -0.3, 0.38, 0.85),
  ];
}

function conifer({ share, contrast }: Look, colour: Rgb, brush: Brush): Part[] {
  const { random, pixel } = brush;
  const fringe = noise("fine", { tiles: 0.22, pixel, random });
  const snow = contrast > 0.75;
  const skirt = (top: number, bottom: number, half: number, shade: number): Part => ({
    shape: rough(polygon(outline(top, bottom, half), 0.02), fringe, 0.025),
    paint: snow
      ? ramp(mixed(colour, PALE, 0.9), scaled(colour, shade * 0.7), (_x, y) => (y - top) * 2.2)
      : foliage(scaled(colour, shade), brush),
    rim: 0.22,
  });
  const outline = (top: number, bottom: number, half: number) =>
    [
      [0, top],
      [half, bottom],
      [half * 0.4, bottom + 0.06],
      [-half * 0.4, bottom + 0.06],
      [-half, bottom],
    ] as const;
  const wide = 0.42 + 0.3 * share;
  return [
    { shape: limb(0, 0.95, 0, 0.5, 0.1), paint: plain(BARK), rim: 0.12 },
    skirt(-0.15, 0.66, wide, 0.62),
    skirt(-0.55, 0.24, wide * 0.78, 0.75),
    skirt(-0.96, -0.2, wide * 0.55, 0.88),
  ];
}

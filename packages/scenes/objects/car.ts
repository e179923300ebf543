import { grey, hsv, INK, mixed, PALE, scaled } from "../colour.ts";
import { smooth } from "../maths.ts";
import { plain, ramp } from "../paint.ts";
import type { MakeParts, Part } from "../part.ts";
import { box, disc, polygon, without } from "../shapes.ts";

/** Outlines of the cabin, by build: saloon, van, small car. */
const CABINS = [
  [[-0.62, 0.02], [-0.4, -0.38], [0.2, -0.38], [0.48, 0.02]],
  [[-0.82, 0.02], [-0.8, -0.5], [0.4, -0.5], [0.68, 0.02]],
  [[-0.66, 0.02], [-0.58, -0.36], [0.06, -0.44], [0.42, 0.02]],
] as const;

/** Panes that belong to the cabins. */
const PANES = [
  [[[-0.5, 0], [-0.35, -0.29], [-0.12, -0.29], [-0.12, 0]], [
    [-0.04, 0],
    [-0.04, -0.29],
    [0.15, -0.29],
    [0.36, 0],
  ]],
  [[[-0.7, -0.06], [-0.7, -0.4], [-0.16, -0.4], [-0.16, -0.06]], [
    [-0.06, 0],
    [-0.06, -0.4],
    [0.34, -0.4],
    [0.55, 0],
  ]],
  [[[-0.54, 0], [-0.48, -0.28], [-0.2, -0.32], [-0.2, 0]], [
    [-0.12, 0],
    [-0.12, -0.33],
    [0.03, -0.35],
    [0.28, 0],
  ]],
] as const;

/** A car from the side: cabin, panes, body with wheel arches, bumpers, lamps and wheels. */
export const car: MakeParts = ({ build, contrast, share }, colour) => {
  const kind = Math.floor(build * 2.999);
  const lacquer = ramp(
    mixed(colour, PALE, 0.22),
    scaled(colour, 0.8),
    (_x, y) => smooth(-0.2, 0.4, y),
  );
  const glass = ramp(hsv(0.56, 0.2, 0.85), hsv(0.57, 0.4, 0.4), (x, y) => 0.6 - 0.4 * x + 1.2 * y);
  const bonnet = kind === 1 ? [0.93, 0.02] as const : [0.9, 0.06] as const;
  const body = polygon(
    [[-0.92, 0.0], [-0.94, 0.32], [0.95, 0.32], [0.94, 0.1], bonnet, [0.4, -0.02]],
    0.05,
  );
  const parts: Part[] = [
    { shape: box(0, 0.32, 0.8, 0.1, 0.05), paint: plain(INK), rim: 0.1 },
    { shape: polygon(CABINS[kind], 0.05), paint: lacquer, rim: 0.16, gloss: 0.4 },
    ...PANES[kind].map((pane) => ({
      shape: polygon(pane, 0.02),
      paint: glass,
      rim: 0,
      gloss: 0.3,
    })),
    {
      shape: without(body, disc(-0.52, 0.36, 0.25), disc(0.54, 0.36, 0.25)),
      paint: lacquer,
      rim: 0.18,
      gloss: 0.5,
    },
  ];
  if (share < 0.5) {
    parts.push({
      shape: box(0, 0.13, 0.88, 0.035, 0.02),
      paint: plain(grey(0.3 + 0.6 * contrast)),
      rim: 0.03,
    });
  }
  parts.push(
    { shape: box(-0.94, 0.3, 0.08, 0.06, 0.04), paint: plain(grey(0.6)), rim: 0.06, gloss: 0.5 },
    { shape: box(0.96, 0.3, 0.08, 0.06, 0.04), paint: plain(grey(0.6)), rim: 0.06, gloss: 0.5 },
    { shape: disc(0.9, 0.13, 0.075), paint: plain(hsv(0.14, 0.3, 1)), rim: 0.06, gloss: 0.7 },
    { shape: box(-0.93, 0.12, 0.045, 0.08, 0.02), paint: plain(hsv(0, 0.8, 0.8)), rim: 0.03 },
  );
  for (const x of [-0.52, 0.54]) parts.push(...wheel(x, 0.38));
  return parts;
};

const wheel = (x: number, y: number): Part[] => [
  { shape: disc(x, y, 0.22), paint: plain(INK), rim: 0.08, gloss: 0.2 },
  { shape: disc(x, y, 0.125), paint: plain(grey(0.72)), rim: 0.05, gloss: 0.5 },
  { shape: disc(x, y, 0.045), paint: plain(grey(0.25)), rim: 0.03 },
];

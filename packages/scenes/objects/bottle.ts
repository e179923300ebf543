import { hsv, mixed, PALE, scaled } from "../colour.ts";
import { above } from "../field.ts";
import { cosine, smooth } from "../maths.ts";
import { blend, plain, ramp } from "../paint.ts";
import type { MakeParts, Part } from "../part.ts";
import { box, ellipse, melted, without } from "../shapes.ts";

/** A bottle with a label and a cap, or a jug with a handle. */
export const bottle: MakeParts = (look, colour, { pixel }) => {
  const { build, share, contrast } = look;
  return build < 0.65
    ? corked(colour, share, contrast, pixel)
    : jug(colour, share, contrast, pixel);
};

type Colour = Parameters<MakeParts>[1];

/** Glass: bright streaks along x. */
const glass = (colour: Colour, width: number) =>
  ramp(scaled(colour, 0.4), mixed(colour, PALE, 0.35), (x) => {
    const t = x / width;
    return 0.45 + 0.4 * cosine(0.62 * t + 0.2) - 0.35 * t * t;
  });

function corked(colour: Colour, share: number, contrast: number, pixel: number): Part[] {
  const w = 0.2 + 0.26 * share;
  const paper = mixed(colour, PALE, 0.85);
  const printed = blend(
    plain(paper),
    plain(mixed(colour, hsv(contrast, 0.7, 0.6), 0.7)),
    (_x, y) =>
      Math.max(above(0.045 - Math.abs(y - 0.2), pixel), above(0.025 - Math.abs(y - 0.5), pixel)),
  );
  return [
    {
      shape: melted(0.18, box(0, -0.55, 0.12, 0.34, 0.05), box(0, 0.34, w, 0.58, 0.14)),
      paint: glass(colour, w),
      rim: 0.2,
      gloss: 0.8,
    },
    { shape: box(0, 0.36, w + 0.005, 0.24, 0.01), paint: printed, rim: 0.06 },
    {
      shape: box(0, -0.84, 0.15, 0.09, 0.03),
      paint: plain(hsv(contrast, 0.65, 0.55)),
      rim: 0.1,
      gloss: 0.4,
    },
    {
      shape: box(0, -0.66, 0.14, 0.03, 0.02),
      paint: plain(scaled(colour, 0.6)),
      rim: 0.04,
      gloss: 0.4,
    },
  ];
}

function jug(colour: Colour, share: number, contrast: number, pixel: number): Part[] {
  const w = 0.34 + 0.2 * share;
  const band = mixed(scaled(colour, 0.5), PALE, contrast);
  const glazed = blend(
    ramp(mixed(colour, PALE, 0.15), scaled(colour, 0.75), (_x, y) => smooth(-0.5, 0.8, y)),
    plain(band),
    (_x, y) => above(0.1 - Math.abs(y - 0.3), pixel),
  );
  const loop = without(ellipse(w + 0.06, 0.05, 0.3, 0.4), ellipse(w + 0.06, 0.05, 0.18, 0.27));
  return [
    { shape: loop, paint: plain(scaled(colour, 0.9)), rim: 0.07, gloss: 0.4 },
    {
      shape: melted(0.25, ellipse(-0.08, 0.36, w, 0.52), box(-0.08, -0.42, 0.2, 0.42, 0.06)),
      paint: glazed,
      rim: 0.36,
      gloss: 0.6,
    },
    {
      shape: ellipse(-0.08, -0.82, 0.26, 0.1),
      paint: plain(mixed(colour, PALE, 0.3)),
      rim: 0.06,
      gloss: 0.4,
    },
    { shape: ellipse(-0.08, -0.83, 0.18, 0.055), paint: plain(scaled(colour, 0.3)), rim: 0 },
  ];
}

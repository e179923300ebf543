import { mixed, PALE, scaled } from "../colour.ts";
import { checks, turned } from "../field.ts";
import { blend, plain } from "../paint.ts";
import type { MakeParts, Part } from "../part.ts";
import { disc, polygon, without } from "../shapes.ts";

const CORNERS = [[0, -0.8], [0.82, 0.64], [-0.82, 0.64]] as const;
const INNER = [[0, -0.2], [0.3, 0.34], [-0.3, 0.34]] as const;

/** A checkered triangle: whole, a frame, or with a hole. */
export const checkTriangle: MakeParts = (look, colour, { pixel }) => {
  const { density, contrast, build, share } = look;
  const second = mixed(scaled(colour, 0.35), PALE, contrast);
  const pattern = turned(checks(3.2 * density, pixel), 1, share < 0.5 ? 0 : 1);
  const whole = polygon(CORNERS, 0.08);
  const hole = build < 0.35 ? polygon(INNER, 0.05) : disc(0, 0.16, 0.22);
  const shape = build < 0.65 ? without(whole, hole) : whole;
  const parts: Part[] = [
    { shape, paint: blend(plain(colour), plain(second), pattern), rim: 0.12, gloss: 0.25 },
  ];
  if (build >= 0.65 && share < 0.5) return parts;
  const inner = build < 0.65 ? hole : polygon(CORNERS, -0.09);
  const border = build < 0.65 ? without((x, y) => hole(x, y) - 0.07, hole) : without(whole, inner);
  return [...parts, { shape: border, paint: plain(scaled(colour, 0.6)), rim: 0.05 }];
};

import { mixed, PALE, scaled } from "../colour.ts";
import { above, stripes } from "../field.ts";
import { clamp, direction, fraction } from "../maths.ts";
import { blend, plain } from "../paint.ts";
import type { MakeParts } from "../part.ts";
import { disc } from "../shapes.ts";

/** A ball with bands round it, or with the gores of a beach ball. */
export const ball: MakeParts = ({ contrast, density, share, count, build }, colour, { pixel }) => {
  const second = mixed(scaled(colour, 0.3), PALE, contrast);
  const bands = stripes(1.5 * density, share, pixel);
  // A band at one latitude is bent where the sphere turns away.
  const bent = (x: number, y: number) =>
    bands(y * 1.05 / Math.sqrt(Math.max(0.15, 1 - x * x * 0.8)), 0);
  const gores = (x: number, y: number) => {
    const radius = Math.sqrt((x + 0.2) * (x + 0.2) + (y + 0.25) * (y + 0.25));
    const t = fraction(direction(x + 0.2, y + 0.25) * (count - 2));
    const edge = (0.25 - Math.abs(t - 0.5)) * radius * 6.28 / (count - 2);
    return above(edge, pixel);
  };
  const pattern = build < 0.65 ? bent : gores;
  const parts = [{
    shape: disc(0, 0, 0.93),
    paint: blend(plain(colour), plain(second), (x, y) => clamp(pattern(x, y))),
    rim: 0.93,
    gloss: 0.6,
  }];
  if (build < 0.65) return parts;
  return [...parts, {
    shape: disc(-0.2, -0.25, 0.13),
    paint: plain(second),
    rim: 0.05,
    gloss: 0.3,
  }];
};

import { hsv, scaled } from "../colour.ts";
import { above, type Field, stripes } from "../field.ts";
import { fraction, length } from "../maths.ts";
import { noise } from "../noise.ts";
import { blend, plain, toned } from "../paint.ts";
import type { Random } from "../random.ts";
import type { MakeStuff } from "../stuff.ts";

/** A wall: plaster, or wallpaper with stripes, dots or tiles; lit from one side. */
export const wall: MakeStuff = ({ random, pixel }) => {
  const base = hsv(random.unit(), random.between(0.03, 0.42), random.between(0.5, 0.95));
  const stains = noise("soft", { tiles: 0.3, pixel, random });
  const plaster = noise("mid", { tiles: 0.7, pixel, random });
  const [across, down] = [random.between(-0.3, 0.3), random.between(-0.3, 0.3)];
  const light: Field = (x, y) =>
    across * (x - 0.5) + down * (y - 0.5) + 0.035 * stains(x, y) +
    0.018 * plaster(x, y);
  if (random.chance(0.55)) return toned(plain(base), light);
  const second = scaled(
    base,
    random.chance(0.5) ? random.between(0.7, 0.9) : random.between(1.08, 1.2),
  );
  return toned(blend(plain(base), plain(second), pattern(random, pixel)), light);
};

function pattern(random: Random, pixel: number): Field {
  const count = random.between(5, 13);
  switch (random.whole(0, 2)) {
    case 0:
      return stripes(count, random.between(0.2, 0.6), pixel);
    case 1: {
      const radius = random.between(0.18, 0.32);
      return (x, y) => {
        const shift = (Math.floor(y * count) & 1) * 0.5;
        const d = length(fraction(x * count + shift) - 0.5, fraction(y * count) - 0.5);
        return above((radius - d) / count, pixel);
      };
    }
    default: {
      const joints = stripes(count, 0.09, pixel);
      return (x, y) => Math.max(joints(x, 0), joints(y, 0));
    }
  }
}

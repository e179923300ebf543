import { hsv, mixed } from "../colour.ts";
import { above } from "../field.ts";
import { fraction, length } from "../maths.ts";
import { noise } from "../noise.ts";
import { blend, plain, ramp, toned } from "../paint.ts";
import { cellValue } from "../random.ts";
import type { MakeStuff } from "../stuff.ts";

/** A lawn: broad patches of two greens, quiet blades, sometimes daisies. */
export const grass: MakeStuff = ({ random, pixel }) => {
  const hue = random.between(0.17, 0.33);
  const [saturation, value] = [random.between(0.35, 0.68), random.between(0.38, 0.68)];
  const green = hsv(hue, saturation, value);
  const other = hsv(hue - random.between(0.01, 0.05), saturation * 0.9, Math.min(1, value * 1.22));
  const patches = noise("soft", { tiles: random.between(0.25, 0.5), pixel, random });
  const blades = noise("strokes", { tiles: random.between(0.7, 1.1), pixel, random });
  const tufts = noise("mid", { tiles: 0.5, pixel, random });
  const depth = random.between(0.05, 0.1);
  const lawn = toned(
    ramp(green, other, (x, y) => 0.5 + 0.42 * patches(x, y)),
    (x, y) => depth * blades(x, y) + 0.045 * tufts(x, y),
  );
  if (random.chance(0.7)) return lawn;
  const key = random.word();
  const many = random.between(0.06, 0.16);
  const petals = mixed([1, 1, 0.97], hsv(random.unit(), 0.5, 1), random.unit() * 0.8);
  const daisies = (x: number, y: number) => {
    const [column, row] = [Math.floor(x * 22), Math.floor(y * 22)];
    if (cellValue(column, row, key) > many) return 0;
    const dx = fraction(x * 22) - 0.3 - 0.4 * cellValue(column, row, key + 1);
    const dy = fraction(y * 22) - 0.3 - 0.4 * cellValue(column, row, key + 2);
    return above((0.24 - length(dx, dy * 1.5)) / 22, pixel);
  };
  return blend(lawn, plain(petals), (x, y) => 0.85 * daisies(x, y));
};

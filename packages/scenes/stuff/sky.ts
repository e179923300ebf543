import { grey, hsv, mixed } from "../colour.ts";
import { clamp, length, smooth } from "../maths.ts";
import { noise } from "../noise.ts";
import { blend, plain, ramp } from "../paint.ts";
import type { MakeStuff } from "../stuff.ts";

/** A sky paler towards the horizon, with clouds that are lit from above; a haze round the sun. */
export const sky: MakeStuff = ({ random, pixel }) => {
  const hue = random.between(0.53, 0.63);
  const top = hsv(hue, random.between(0.3, 0.65), random.between(0.6, 0.92));
  const low = hsv(
    hue + random.between(-0.1, 0.04),
    random.between(0.05, 0.3),
    random.between(0.82, 1),
  );
  const reach = random.between(1, 1.9);
  const view = { tiles: random.between(0.3, 0.5), pixel, random };
  const clouds = noise("soft", view);
  const cover = random.between(-0.2, 1.3);
  const thick = random.between(0.35, 0.95);
  const [sunX, sunY] = [random.unit(), random.between(0, 0.4)];
  const density = (x: number, y: number) => smooth(cover, cover + 1.1, clouds(x, y * 2));
  const lit = ramp(
    grey(0.8),
    grey(1),
    (x, y) => 0.5 + 1.6 * (density(x, y) - density(x, y - 0.03)),
  );
  const air = ramp(top, low, (_x, y) => y * reach);
  const glow = mixed(low, [1, 0.97, 0.9], 0.7);
  return blend(
    blend(air, plain(glow), (x, y) => 0.6 * clamp(1 - 2.2 * length(x - sunX, y - sunY))),
    lit,
    (x, y) => thick * density(x, y),
  );
};

import { hsv, mixed, PALE, scaled } from "../colour.ts";
import { stripes, turned } from "../field.ts";
import { cosine, sine } from "../maths.ts";
import { noise } from "../noise.ts";
import { blend, plain, toned } from "../paint.ts";
import type { MakeStuff } from "../stuff.ts";

/** Cloth in soft folds: plain, striped, or a tartan of crossing bands. */
export const cloth: MakeStuff = ({ random, pixel }) => {
  const base = hsv(random.unit(), random.between(0.1, 0.55), random.between(0.42, 0.82));
  const second = random.chance(0.5) ? mixed(base, PALE, 0.6) : scaled(base, 0.7);
  const folds = noise("soft", { tiles: random.between(0.18, 0.35), pixel, random });
  const weave = noise("fine", { tiles: 1, pixel, random });
  const turn = random.unit();
  const count = random.between(4, 9);
  const bands = stripes(count, random.between(0.25, 0.5), pixel);
  const kind = random.whole(0, 2);
  const pattern = turned(
    (x, y) => kind === 0 ? 0 : kind === 1 ? bands(x, y) : 0.45 * (bands(x, y) + bands(y, x)),
    cosine(turn),
    sine(turn),
  );
  const printed = blend(plain(base), plain(second), (x, y) => {
    const pull = 0.012 * folds(x, y); // the print follows the folds
    return pattern(x + pull, y - pull);
  });
  return toned(
    printed,
    (x, y) => 0.7 * (folds(x, y) - folds(x + 0.02, y + 0.03)) + 0.02 * weave(x, y),
  );
};

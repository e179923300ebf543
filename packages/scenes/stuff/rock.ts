import { grey, hsv, mixed } from "../colour.ts";
import { smooth } from "../maths.ts";
import { noise } from "../noise.ts";
import { blend, plain, ramp, toned } from "../paint.ts";
import type { MakeStuff } from "../stuff.ts";

/** Rock: a weathered face, flagstones, or pebbles. */
export const rock: MakeStuff = ({ random, pixel }) => {
  const base = hsv(random.unit(), random.between(0.02, 0.18), random.between(0.35, 0.72));
  const stains = noise("soft", { tiles: random.between(0.25, 0.5), pixel, random });
  const grit = noise("mid", { tiles: random.between(0.5, 0.9), pixel, random });
  const warm = mixed(base, [0.6, 0.5, 0.38], 0.3);
  const face = toned(
    ramp(base, warm, (x, y) => 0.5 + 0.5 * stains(x, y)),
    (x, y) => 0.09 * stains(y, x) + 0.055 * grit(x, y),
  );
  if (random.chance(0.4)) return face;
  const pebbles = random.chance(0.5);
  const view = { tiles: pebbles ? random.between(0.6, 1) : random.between(0.25, 0.4), pixel };
  // The three tables of one pattern are seen from one place: streams of the same key.
  const at = random.word();
  const [cells, edges, tones] = (["cells", "edges", "tones"] as const)
    .map((kind) => noise(kind, { ...view, random: random.fork(at) }));
  const stones = toned(
    face,
    (x, y) => 0.3 * (tones(x, y) - 0.5) - (pebbles ? 0.3 * cells(x, y) : 0),
  );
  const joints = plain(mixed(base, grey(0.22), 0.42));
  const share = (x: number, y: number) => smooth(pebbles ? 0.12 : 0.05, 0, edges(x, y));
  return blend(stones, joints, share);
};

import type { Canvas } from "./canvas.ts";
import { grey, hsv, mixed, scaled } from "./colour.ts";
import { clamp, cosine, lerp, sine, smooth } from "./maths.ts";
import { noise } from "./noise.ts";
import { blend, type Brush, type Paint, plain, ramp, toned } from "./paint.ts";
import type { Random } from "./random.ts";
import { ABOVE, BELOW, GROUNDS, STUFF } from "./stuff.ts";

/** What kind of background a scene has: decided before objects are placed on it. */
export interface Setting {
  readonly kind: "horizon" | "field" | "studio";
  /** Height of the horizon, 0 top to 1 bottom; null when one looks down on the ground. */
  readonly horizon: number | null;
}

/** 55 % of scenes have a horizon; of products 65 % stand in a studio, 40 % of these on a table. */
export function drawSetting(random: Random, product: boolean): Setting {
  if (product && random.chance(0.65)) {
    return { kind: "studio", horizon: random.chance(0.4) ? random.between(0.3, 0.52) : null };
  }
  return random.chance(0.55)
    ? { kind: "horizon", horizon: random.between(0.2, 0.55) }
    : { kind: "field", horizon: null };
}

/** Paints the background of a setting. */
export function paintBackdrop({ data, size }: Canvas, setting: Setting, random: Random): void {
  const brush = { random, pixel: 1 / size };
  const paint = setting.kind === "studio"
    ? studio(setting, brush)
    : setting.horizon === null
    ? field(brush)
    : landscape(setting.horizon, brush);
  const out = new Float64Array(3);
  for (let row = 0, i = 0; row < size; row++) {
    const y = (row + 0.5) / size;
    for (let column = 0; column < size; column++) {
      paint((column + 0.5) / size, y, out);
      data[i++] = out[0];
      data[i++] = out[1];
      data[i++] = out[2];
    }
  }
}

/** Two kinds of stuff that meet at a horizon, even or hilly; the lower one lies flat. */
function landscape(horizon: number, brush: Brush): Paint {
  const { random, pixel } = brush;
  const over = random.pick(ABOVE)(brush);
  const under = random.pick(BELOW)(brush);
  const hills = noise("soft", { tiles: 0.3, pixel, random });
  const height = random.chance(0.6) ? random.between(0, 0.03) : 0;
  const slope = random.between(-0.1, 0.1);
  const spread = random.between(1.5, 2.2); // how much more ground a row shows far off
  const edge = (x: number) => horizon + height * hills(x, 0) + slope * (x - 0.5);
  const ground: Paint = (x, y, out) => {
    const t = clamp((y - horizon) / (1 - horizon), -0.2, 1);
    const depth = (1 - horizon) * (spread * t - (spread - 0.9) * t * t / 2);
    under(0.5 + (x - 0.5) * lerp(spread, 0.9, t), depth, out);
  };
  // The ground is darker where it meets what stands behind it.
  const meeting = toned(ground, (x, y) => -0.16 * smooth(0.07, 0, y - edge(x)));
  return (x, y, out) => {
    const t = clamp((y - edge(x)) / (2 * pixel) + 0.5);
    if (t >= 1) return meeting(x, y, out);
    over(x, y, out);
    if (t <= 0) return;
    const [r, g, b] = out;
    meeting(x, y, out);
    out[0] = lerp(r, out[0], t);
    out[1] = lerp(g, out[1], t);
    out[2] = lerp(b, out[2], t);
  };
}

/** One kind of stuff seen from above, a little turned, or two that run into each other. */
function field(brush: Brush): Paint {
  const { random, pixel } = brush;
  const turn = random.between(-0.02, 0.02);
  const [cos, sin] = [cosine(turn), sine(turn)];
  const tilted = (paint: Paint): Paint => (x, y, out) =>
    paint(x * cos - y * sin, x * sin + y * cos, out);
  const one = tilted(random.pick(GROUNDS)(brush));
  if (!random.chance(0.35)) return one;
  const two = tilted(random.pick(GROUNDS)(brush));
  const border = noise("soft", { tiles: random.between(0.12, 0.25), pixel, random });
  const level = random.between(-0.8, 0.8);
  const sharp = random.between(6, 25);
  return blend(one, two, (x, y) => 0.5 + sharp * (border(x, y) - level) / 2);
}

/** A quiet sweep of one muted colour, with a table where there is a horizon. */
function studio({ horizon }: Setting, brush: Brush): Paint {
  const { random, pixel } = brush;
  const colour = hsv(random.unit(), random.between(0, 0.28), random.between(0.5, 0.97));
  const other = scaled(colour, random.between(0.72, 1.1));
  const [reach, start] = [random.between(0.5, 1.3), random.between(-0.2, 0.2)];
  const soft = noise("soft", { tiles: 0.3, pixel, random });
  const faint = random.between(0, 0.04);
  const glow = random.between(0, 0.14);
  const wall = toned(
    ramp(colour, other, (_x, y) => y * reach + start),
    (x, y) =>
      faint * soft(x, y) +
      glow * (1 - 4 * (x - 0.5) * (x - 0.5) - 4 * (y - 0.4) * (y - 0.4)),
  );
  if (horizon === null) return wall;
  const top = mixed(scaled(other, random.between(0.72, 1.2)), grey(0.6), 0.15);
  const table = random.chance(0.3)
    ? STUFF.wood(brush)
    : toned(plain(top), (x, y) => faint * soft(y, x) + 0.12 * (y - 0.7));
  const width = random.chance(0.5) ? pixel * 2 : 0.12; // an edge, or a curved sheet of paper
  return blend(wall, table, (_x, y) => smooth(-width / 2, width / 2, y - horizon));
}

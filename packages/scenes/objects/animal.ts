import { hsv, INK, mixed, PALE, type Rgb, scaled } from "../colour.ts";
import { above, type Field, stripes } from "../field.ts";
import { noise } from "../noise.ts";
import { smooth } from "../maths.ts";
import { blend, type Brush, type Paint, plain, ramp, toned } from "../paint.ts";
import type { Look, MakeParts, Part } from "../part.ts";
import { disc, ellipse, limb, melted, rough } from "../shapes.ts";

/** A four-legged animal in mid-step: jointed legs, neck, head, ears and tail, with a coat. */
export const animal: MakeParts = (look, colour, brush) => {
  const { random, pixel } = brush;
  const stride = random.between(-0.16, 0.16);
  const lift = random.between(-0.12, 0.1); // how high the head is carried
  const coat = coatOf(look, colour, brush);
  const far = plain(scaled(colour, 0.5));
  const leg = (x: number, swing: number, paint: Paint): Part => ({
    shape: melted(
      0.05,
      limb(x, 0.25, x + swing * 0.3, 0.56, 0.12, 0.08),
      limb(x + swing * 0.3, 0.56, x + swing, 0.88, 0.075, 0.065),
    ),
    paint,
    rim: 0.12,
  });
  const hair = noise("fine", { tiles: 0.25, pixel, random });
  const body = rough(
    melted(0.2, ellipse(-0.08, 0.12, 0.62, 0.31), limb(0.32, 0.05, 0.56, -0.36 + lift, 0.21, 0.15)),
    hair,
    look.build < 0.5 ? 0.012 : 0.004,
  );
  const tail = random.between(-0.3, 0.15);
  return [
    leg(-0.42, stride, far),
    leg(0.36, -stride, far),
    { shape: limb(-0.64, 0.0, -0.9, tail, 0.07, 0.035), paint: coat, rim: 0.1 },
    leg(-0.54, -stride, coat),
    leg(0.26, stride, coat),
    { shape: body, paint: coat, rim: 0.34 },
    ...head(look, colour, lift),
  ];
};

function head({ build, contrast }: Look, colour: Rgb, lift: number): Part[] {
  const [x, y] = [0.64, -0.44 + lift];
  const skull = build < 0.33 ? 0.2 : 0.23;
  const inner = mixed(colour, hsv(0.98, 0.4, 0.85), 0.5);
  const ear = build < 0.5
    ? ellipse(x - 0.13, y - 0.26, 0.075, 0.19, -0.05) // upright
    : ellipse(x - 0.2, y + 0.02, 0.09, 0.2, 0.06); // hanging
  return [
    {
      shape: melted(0.1, ellipse(x, y, skull, skull * 0.92), ellipse(x + 0.2, y + 0.08, 0.14, 0.1)),
      paint: ramp(colour, mixed(colour, PALE, 0.5), (u) => smooth(x + 0.1, x + 0.3, u)),
      rim: 0.2,
    },
    { shape: ear, paint: plain(mixed(scaled(colour, 0.65), inner, contrast)), rim: 0.08 },
    { shape: disc(x + 0.33, y + 0.05, 0.04), paint: plain(INK), rim: 0, gloss: 0.5 },
    { shape: disc(x + 0.06, y - 0.06, 0.045), paint: plain(INK), rim: 0.04, gloss: 0.9 },
  ];
}

/** A pale belly under plain, spotted or striped fur. */
function coatOf({ build, share, density }: Look, colour: Rgb, { random, pixel }: Brush): Paint {
  const hair = noise("strokes", { tiles: 0.2, pixel, random });
  const spots = noise("soft", { tiles: 0.2 * density, pixel, random });
  const wavy = stripes(3.2 * density, 0.4, pixel * 2);
  const patterns: readonly Field[] = [
    () => 0,
    (x, y) => above((spots(x, y) - 0.3) * 0.3, pixel),
    (x, y) => wavy(x + 0.05 * spots(x, y), y) * 0.8,
  ];
  const fur = blend(
    toned(plain(colour), (x, y) => 0.07 * hair(y, x)),
    plain(share < 0.5 ? scaled(colour, 0.35) : mixed(colour, PALE, 0.7)),
    patterns[Math.floor(build * 2.999)],
  );
  return blend(fur, plain(mixed(colour, PALE, 0.6)), (_x, y) => 0.75 * smooth(0.2, 0.42, y));
}

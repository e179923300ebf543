import type { Canvas } from "./canvas.ts";
import type { Sprite } from "./draw.ts";
import type { Light } from "./light.ts";
import { clamp } from "./maths.ts";
import type { Placed } from "./place.ts";
import type { Random } from "./random.ts";

/** A patch of shade in the picture. */
interface Shade {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly dark: Float32Array;
}

/** Darkens the ground and what is behind an object, before the object is laid over it. */
export function castShadow(
  canvas: Canvas,
  sprite: Sprite,
  { radius }: Placed,
  light: Light,
  horizon: number | null,
  random: Random,
): void {
  const scale = radius * canvas.size;
  const strength = random.between(0.25, 0.5);
  const soft = random.between(0.05, 0.13) * scale;
  const reach = random.between(0.14, 0.38) * scale / light.z;
  if (horizon === null) {
    // Seen from above: the outline, moved away from the light, and once more close by.
    const moved = shifted(sprite, canvas.size, -light.x * reach, -light.y * reach, soft);
    darken(canvas, moved, strength);
    darken(canvas, shifted(sprite, canvas.size, 0, 0.03 * scale, 0.05 * scale), 0.4);
    return;
  }
  const foot = footOf(sprite);
  if (foot === null) return;
  const lean = -light.x / light.z * random.between(0.7, 1);
  const long = random.between(0.22, 0.4);
  darken(canvas, laidDown(sprite, canvas.size, foot, lean, long, soft), strength);
  darken(canvas, contact(foot, canvas.size, scale), 0.6);
}

/** An empty patch round a rectangle, cut at the picture. */
function emptyShade(size: number, x1: number, y1: number, x2: number, y2: number): Shade {
  const left = clamp(Math.floor(x1), 0, size),
    top = clamp(Math.floor(y1), 0, size);
  const width = clamp(Math.ceil(x2), left, size) - left;
  const height = clamp(Math.ceil(y2), top, size) - top;
  return { left, top, width, height, dark: new Float32Array(width * height) };
}

/** A sprite's alpha at a place between pixels of the picture; 0 outside it. */
function alphaAt(
  { region: { left, top, width, height }, alpha }: Sprite,
  x: number,
  y: number,
): number {
  const [s, t] = [x - left, y - top];
  const column = Math.floor(s), row = Math.floor(t);
  if (column < 0 || row < 0 || column >= width - 1 || row >= height - 1) {
    return 0;
  }
  const [f, g, i] = [s - column, t - row, row * width + column];
  const upper = alpha[i] + (alpha[i + 1] - alpha[i]) * f;
  const lower = alpha[i + width] +
    (alpha[i + width + 1] - alpha[i + width]) * f;
  return upper + (lower - upper) * g;
}

function shifted(sprite: Sprite, size: number, dx: number, dy: number, soft: number): Shade {
  const { region: { left, top, width, height } } = sprite;
  const edge = 2 * soft + 2;
  const shade = emptyShade(
    size,
    left + Math.min(dx, 0) - edge,
    top + Math.min(dy, 0) - edge,
    left + width + Math.max(dx, 0) + edge,
    top + height + Math.max(dy, 0) + edge,
  );
  fill(shade, (x, y) => alphaAt(sprite, x - dx, y - dy));
  blur(shade, soft);
  return shade;
}

/** Where an object touches the ground: the lowest row, and its middle and half width near there. */
interface Foot {
  readonly x: number;
  readonly y: number;
  readonly half: number;
}

function footOf({ region: { left, top, width, height }, alpha }: Sprite): Foot | null {
  const rows = (row: number) => alpha.subarray(row * width, (row + 1) * width);
  let low = height - 1;
  while (low >= 0 && !rows(low).some((a) => a > 0.5)) low--;
  if (low < 0) return null;
  let high = 0;
  while (!rows(high).some((a) => a > 0.5)) high++;
  let [first, last] = [width, 0];
  for (let row = Math.floor(low - 0.12 * (low - high)); row <= low; row++) {
    for (let column = 0; column < width; column++) {
      if (alpha[row * width + column] <= 0.5) continue;
      first = Math.min(first, column);
      last = Math.max(last, column);
    }
  }
  return { x: left + (first + last + 1) / 2, y: top + low + 1, half: (last - first + 1) / 2 };
}

/** The outline laid on the ground behind the object: squeezed, and leaning away from the light. */
function laidDown(
  sprite: Sprite,
  size: number,
  foot: Foot,
  lean: number,
  long: number,
  soft: number,
): Shade {
  const { region: { left, top, width } } = sprite;
  const tall = foot.y - top;
  const edge = 2 * soft + 2;
  const aside = lean * tall;
  const shade = emptyShade(
    size,
    left + Math.min(aside, 0) - edge,
    foot.y - long * tall - edge,
    left + width + Math.max(aside, 0) + edge,
    foot.y + edge,
  );
  fill(shade, (x, y) => {
    const up = (foot.y - 0.5 - y) / long; // height of what throws its shadow here
    return up < 0 ? 0 : alphaAt(sprite, x - lean * up, foot.y - 1 - up);
  });
  blur(shade, soft);
  return shade;
}

/** A narrow dark ellipse where an object stands. */
function contact({ x, y, half }: Foot, size: number, scale: number): Shade {
  const [a, b] = [half * 1.12 + 0.03 * scale, 0.07 * scale + 0.1 * half];
  const shade = emptyShade(size, x - a, y - b, x + a, y + b);
  fill(shade, (px, py) => {
    const [s, t] = [(px + 0.5 - x) / a, (py + 0.5 - y + 0.2 * b) / b];
    const inside = Math.max(0, 1 - s * s - t * t);
    return Math.min(1, 1.5 * inside);
  });
  return shade;
}

function fill(
  { left, top, width, height, dark }: Shade,
  value: (x: number, y: number) => number,
): void {
  for (let row = 0, i = 0; row < height; row++) {
    for (let column = 0; column < width; column++, i++) {
      dark[i] = value(left + column, top + row);
    }
  }
}

/** Two running means along each axis; a radius between whole numbers weighs the two end pixels. */
function blur({ width, height, dark }: Shade, radius: number): void {
  const line = new Float32Array(Math.max(width, height));
  for (let pass = 0; pass < 2; pass++) {
    for (let row = 0; row < height; row++) {
      meanAlong(dark, row * width, 1, width, radius, line);
    }
    for (let column = 0; column < width; column++) {
      meanAlong(dark, column, width, height, radius, line);
    }
  }
}

function meanAlong(
  data: Float32Array,
  start: number,
  step: number,
  count: number,
  radius: number,
  line: Float32Array,
): void {
  const whole = Math.floor(radius);
  const part = radius - whole;
  const at = (i: number) => i < 0 || i >= count ? 0 : line[i];
  for (let i = 0; i < count; i++) line[i] = data[start + i * step];
  let sum = 0;
  for (let i = 0; i <= whole; i++) sum += at(i);
  for (let i = 0; i < count; i++) {
    const ends = part * (at(i - whole - 1) + at(i + whole + 1));
    data[start + i * step] = (sum + ends) / (2 * radius + 1);
    sum += at(i + whole + 1) - at(i - whole);
  }
}

function darken({ size, data }: Canvas, { left, top, width, dark }: Shade, strength: number): void {
  for (let i = 0; i < dark.length; i++) {
    if (dark[i] <= 0) continue;
    const to = 3 * ((top + Math.floor(i / width)) * size + left + i % width);
    const kept = 1 - strength * dark[i];
    // Shade is a little blue: what is left is light from the sky.
    data[to] *= kept;
    data[to + 1] *= kept;
    data[to + 2] *= kept + 0.04 * strength * dark[i];
  }
}

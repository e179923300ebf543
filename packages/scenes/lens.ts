import type { Canvas } from "./canvas.ts";
import { clamp, lerp, power } from "./maths.ts";
import type { Random } from "./random.ts";

/**
 * What a camera adds: uneven light, a tint, fuller colours, a darker rim, some blur, gamma and
 * sensor noise.
 *
 * @returns `[size, size, 3]`, 8 bits.
 */
export function photograph(canvas: Canvas, random: Random): Uint8Array<ArrayBuffer> {
  const { size, data } = canvas;
  const [across, down] = [random.between(-0.2, 0.2), random.between(-0.2, 0.2)];
  const rim = random.between(0, 0.35);
  const exposure = random.between(1, 1.12), vivid = random.between(1, 1.18);
  const red = random.between(0.94, 1.06), blue = random.between(0.94, 1.06);
  for (let row = 0, i = 0; row < size; row++) {
    const y = (row + 0.5) / size - 0.5;
    for (let column = 0; column < size; column++, i += 3) {
      const x = (column + 0.5) / size - 0.5;
      const light = exposure * (1 + across * x + down * y) * (1 - rim * (x * x + y * y));
      const grey = 0.3 * data[i] + 0.59 * data[i + 1] + 0.11 * data[i + 2];
      data[i] = light * red * (grey + vivid * (data[i] - grey));
      data[i + 1] = light * (grey + vivid * (data[i + 1] - grey));
      data[i + 2] = light * blue * (grey + vivid * (data[i + 2] - grey));
    }
  }
  const spread = random.between(0, 0.7) * size / 128; // of the blur, in pixels
  if (spread > 0.25) blur(canvas, spread * spread);
  const curve = toneCurve(random.between(0.78, 1.08));
  return digitise(canvas, curve, random.between(0, 0.018), random.fork(1));
}

/** Means with both neighbours, along rows and columns, until the variance is reached. */
function blur({ data, size }: Canvas, variance: number): void {
  const passes = Math.ceil(variance / 0.5);
  const side = variance / passes / 2; // weight of a neighbour: a pass adds a variance of 2 × side
  const line = new Float32Array(size);
  const along = (start: number, step: number) => {
    for (let i = 0; i < size; i++) line[i] = data[start + i * step];
    for (let i = 0; i < size; i++) {
      const both = line[Math.max(0, i - 1)] + line[Math.min(size - 1, i + 1)];
      data[start + i * step] = line[i] + side * (both - 2 * line[i]);
    }
  };
  for (let pass = 0; pass < passes; pass++) {
    for (let c = 0; c < 3; c++) {
      for (let row = 0; row < size; row++) along(3 * row * size + c, 3);
      for (let column = 0; column < size; column++) {
        along(3 * column + c, 3 * size);
      }
    }
  }
}

const STEPS = 512;

/** x to the power of `gamma`, by a table with straight lines between. */
function toneCurve(gamma: number): (x: number) => number {
  const table = Float64Array.from(
    { length: STEPS + 2 },
    (_, i) => power(Math.min(1, i / STEPS), gamma),
  );
  return (x) => {
    const t = clamp(x) * STEPS;
    const i = Math.floor(t);
    return lerp(table[i], table[i + 1], t - i);
  };
}

/** Adds noise and rounds to bytes. */
function digitise(
  { data }: Canvas,
  curve: (x: number) => number,
  noise: number,
  random: Random,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(data.length);
  // The sum of a word's four bytes is nearly normal: mean 510, variance 4 × (256² − 1) / 12.
  const scale = 255 * noise / 147.8;
  for (let i = 0; i < out.length; i++) {
    const word = random.word();
    const sum = (word & 255) + (word >>> 8 & 255) + (word >>> 16 & 255) +
      (word >>> 24);
    out[i] = clamp(Math.round(255 * curve(data[i]) + scale * (sum - 510)), 0, 255);
  }
  return out;
}

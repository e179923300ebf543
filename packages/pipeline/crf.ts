import type { RgbImage } from "@fiedler/io";
import { type Lattice, makeLattice } from "./permutohedral.ts";

/** Iterations of the mean field, as Deep Spectral Methods run. */
const ITERATIONS = 5;
/** Weight and widths of the appearance kernel: pixels at a short side of 480, levels of 255. */
const APPEARANCE = { weight: 10, place: 80, colour: 13 };
/** Weight and width of the smoothness kernel. */
const SMOOTHNESS = { weight: 3, place: 3 };
/** The unary term prefers the mask's own side by e : 1, as in MaskCut. */
const UNARY = 1;

/**
 * Draws masks to the edges of a picture's colours with a fully connected conditional random field,
 * each mask against the rest, by mean-field iterations.
 *
 * Source: Krähenbühl and Koltun 2011, arXiv 1210.5644; weights as in Deep Spectral Methods, their
 * widths scaled to the picture. The paper uses none.
 *
 * @param picture `[height, width]` pixels.
 * @param masks `[height, width]` each, 0 or 1.
 * @returns `[height, width]` each, 0 or 1; a mask may end up empty.
 */
export function refineMasks(
  { width, height, data }: RgbImage,
  masks: readonly Uint8Array[],
): Uint8Array<ArrayBuffer>[] {
  const pixels = width * height;
  const channels = masks.length;
  const scale = Math.min(width, height) / 480;
  const kernels = [
    { weight: SMOOTHNESS.weight, ...places(width, height, SMOOTHNESS.place * scale) },
    {
      weight: APPEARANCE.weight,
      ...places(width, height, APPEARANCE.place * scale, data, APPEARANCE.colour),
    },
  ].map(({ weight, features, dims }) => normalised(makeLattice(features, dims), pixels, weight));
  const unary = new Float32Array(pixels * channels);
  masks.forEach((mask, c) => {
    for (let i = 0; i < pixels; i++) unary[i * channels + c] = mask[i] ? UNARY : -UNARY;
  });
  // m = P(mask) − P(rest); with two labels the mean field is m ← tanh((u + Σ w k ∗ m) / 2).
  let m = unary.map((u) => Math.tanh(u / 2));
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const messages = kernels.map((filter) => filter(m, channels));
    m = unary.map((u, i) => Math.tanh((u + messages[0][i] + messages[1][i]) / 2));
  }
  return masks.map((_, c) =>
    Uint8Array.from({ length: pixels }, (_, i) => +(m[i * channels + c] > 0))
  );
}

/** Points of a kernel: x and y over the width in pixels, and colours over theirs if given. */
function places(
  width: number,
  height: number,
  place: number,
  rgb?: Uint8Array,
  colour = 1,
): { readonly features: Float32Array<ArrayBuffer>; readonly dims: number } {
  const dims = rgb ? 5 : 2;
  const features = new Float32Array(width * height * dims);
  for (let i = 0; i < width * height; i++) {
    features[i * dims] = i % width / place;
    features[i * dims + 1] = Math.floor(i / width) / place;
    if (!rgb) continue;
    for (let c = 0; c < 3; c++) features[i * dims + 2 + c] = rgb[3 * i + c] / colour;
  }
  return { features, dims };
}

/** The kernel divided by the square roots of both points' sums, times its weight. */
function normalised({ filter }: Lattice, pixels: number, weight: number) {
  const norm = filter(new Float32Array(pixels).fill(1), 1).map((sum) => 1 / Math.sqrt(sum + 1e-20));
  return (values: Float32Array, channels: number) => {
    const scaled = (field: Float32Array, factor: number) =>
      field.map((value, i) => factor * value * norm[Math.floor(i / channels)]);
    return scaled(filter(scaled(values, 1), channels), weight);
  };
}

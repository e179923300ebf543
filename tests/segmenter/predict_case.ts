import type { Gpu } from "@fiedler/gpu";
import type { Solov2Output } from "@fiedler/models";
import { normal, uniform } from "../support/random.ts";
import type { PlainOutput } from "./predict_reference.ts";

/** Sizes of an output to be made up. */
export interface CaseSizes {
  readonly images: number;
  readonly categoryCount: number;
  readonly channels: number;
  readonly size: readonly [rows: number, columns: number];
  readonly grids: readonly number[];
}

/**
 * An output of random logits and kernels over smooth features, so that masks are blobs. Features are
 * multiples of 1/64 up to 1, kernels of 1/8 up to some 30: logits of masks are exact in f32.
 */
export function plainOutput(sizes: CaseSizes, seed: number): PlainOutput {
  const { images, categoryCount, channels, size: [rows, columns], grids } = sizes;
  const bumps = uniform(3 * images * channels, { seed, low: 0, high: 1 });
  const features = new Float32Array(images * rows * columns * channels);
  for (let at = 0; at < features.length; at++) {
    const c = at % channels;
    const pixel = Math.floor(at / channels) % (rows * columns);
    const bump = 3 * (Math.floor(at / (rows * columns * channels)) * channels + c);
    const dy = Math.floor(pixel / columns) / rows - bumps[bump];
    const dx = pixel % columns / columns - bumps[bump + 1];
    const bell = Math.exp(-(dy * dy + dx * dx) / (0.02 + 0.1 * bumps[bump + 2]));
    features[at] = Math.round(64 * bell) / 64;
  }
  return {
    ...sizes,
    categories: grids.map((grid, level) =>
      normal(categoryCount * images * grid * grid, { seed: seed + 10 + level })
    ),
    kernels: grids.map((grid, level) =>
      normal(images * grid * grid * channels, { seed: seed + 20 + level })
        .map((value) => Math.round(48 * value) / 8)
    ),
    features,
  };
}

/** The output on the GPU. */
export function uploadOutput(gpu: Gpu, output: PlainOutput): Solov2Output {
  const { images, categoryCount, channels, size, grids } = output;
  return {
    categories: grids.map((grid, level) =>
      gpu.upload(output.categories[level], [categoryCount, images, grid, grid])
    ),
    kernels: grids.map((grid, level) =>
      gpu.upload(output.kernels[level], [images, grid, grid, channels])
    ),
    features: gpu.upload(output.features, [images, ...size, channels]),
  };
}

/** The output of one image. */
export function outputOf(output: PlainOutput, image: number): PlainOutput {
  const { images, categoryCount, grids, features } = output;
  const own = (values: Float32Array<ArrayBuffer>, planes: number) => {
    const length = values.length / (planes * images);
    return Float32Array.from(
      { length: planes * length },
      (_, i) => values[(Math.floor(i / length) * images + image) * length + i % length],
    );
  };
  return {
    ...output,
    images: 1,
    categories: grids.map((_, level) => own(output.categories[level], categoryCount)),
    kernels: grids.map((_, level) => own(output.kernels[level], 1)),
    features: own(features, 1),
  };
}

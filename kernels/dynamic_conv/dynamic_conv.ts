import {
  expectShape,
  type Gpu,
  grid1d,
  MAX_WORKGROUPS,
  ShapeError,
  type Tensor,
} from "@fiedler/gpu";
import { sumSlices } from "../reduce/sum.ts";
import { dynamicConvKernel } from "./dynamic_conv.gen.ts";
import { dynamicConvFeaturesKernel } from "./dynamic_conv_features.gen.ts";
import { dynamicConvKernelsKernel } from "./dynamic_conv_kernels.gen.ts";

/** Entries per invocation, as in the WGSL. */
const ROWS = 4;

/** Pixels per invocation of the gradient of the features, as in the WGSL. */
const PIXELS = 4;

/** Slices of the sum over pixels: short enough for f32, few enough for the second stage. */
const MAX_SLICES = 64;
const SLICE_PIXELS = 256;

/** Gradients of {@linkcode dynamicConv}. */
export interface DynamicConvGradients {
  /** As the kernels. */
  readonly dKernels: Tensor;
  /** As the features; zero for an image without entries. */
  readonly dFeatures: Tensor;
}

/**
 * Mask logits: the product of each entry's kernel with the features of every pixel of its image.
 *
 * Source: Wang et al. 2020 (SOLOv2), arXiv 2003.10152, §3.2.1, kernels of 1 × 1, no bias.
 *
 * @param kernels `[entries, channels]` f32, in the order of their images; channels a multiple of 4.
 * @param features `[images, height, width, channels]` f32.
 * @param counts how many entries each image has.
 * @returns `[entries, height, width]` f32.
 * @throws {ShapeError} when sizes disagree, or channels is not a multiple of 4.
 */
export function dynamicConv(
  gpu: Gpu,
  kernels: Tensor,
  features: Tensor,
  counts: readonly number[],
): Tensor {
  const { entries, height, width, pixels, images } = sizes(kernels, features, counts);
  const out = gpu.empty([entries, height, width]);
  for (const image of images) {
    gpu.run(dynamicConvKernel, { kernels, features, out, params: { pixels, ...image } }, {
      workgroups: [
        Math.ceil(pixels / dynamicConvKernel.overrides.WORKGROUP),
        Math.ceil(image.count / ROWS),
      ],
    });
  }
  return out;
}

/**
 * Gradients of {@linkcode dynamicConv}.
 *
 * @param dLogits `[entries, height, width]` f32, the gradient of its result.
 * @throws {ShapeError} when sizes disagree.
 */
export function dynamicConvBackward(
  gpu: Gpu,
  dLogits: Tensor,
  kernels: Tensor,
  features: Tensor,
  counts: readonly number[],
): DynamicConvGradients {
  const { entries, height, width, pixels, images } = sizes(kernels, features, counts);
  expectShape("dynamicConvBackward: dLogits", dLogits, `[${entries}, ${height}, ${width}]`);
  const dFeatures = gpu.empty(features.shape);
  for (const image of images) {
    const { workgroups, row } = grid1d(
      image.quads * Math.ceil(pixels / PIXELS),
      dynamicConvFeaturesKernel.overrides.WORKGROUP,
    );
    const params = { pixels, ...image, stride: row };
    gpu.run(dynamicConvFeaturesKernel, { dOut: dLogits, kernels, out: dFeatures, params }, {
      workgroups,
    });
  }
  const dKernels = gpu.scope(() => {
    const slices = Math.min(MAX_SLICES, Math.ceil(pixels / SLICE_PIXELS));
    const length = Math.ceil(pixels / slices);
    const partials = gpu.empty([slices, ...kernels.shape]);
    for (const image of images) {
      const { workgroups, row } = grid1d(
        slices * Math.ceil(image.count / ROWS) * image.quads,
        dynamicConvKernelsKernel.overrides.WORKGROUP,
      );
      const params = { pixels, ...image, entries, slices, length, stride: row };
      gpu.run(dynamicConvKernelsKernel, { dOut: dLogits, features, out: partials, params }, {
        workgroups,
      });
    }
    return sumSlices(gpu, partials);
  });
  return { dKernels, dFeatures };
}

/** Checks the tensors, and finds where the entries and the features of each image lie. */
function sizes(kernels: Tensor, features: Tensor, counts: readonly number[]) {
  const { entries, channels } = expectShape(
    "dynamicConv: kernels",
    kernels,
    "[entries, channels]",
  );
  const { height, width } = expectShape(
    "dynamicConv: features",
    features,
    `[${counts.length}, height, width, ${channels}]`,
  );
  if (channels % 4 !== 0) {
    throw new ShapeError(`dynamicConv: channels must be a multiple of 4, got ${channels}`);
  }
  const total = counts.reduce((a, b) => a + b, 0);
  if (total !== entries || entries > ROWS * MAX_WORKGROUPS) {
    throw new ShapeError(
      `dynamicConv: the counts of the images must add up to ${entries} entries, got ${total}`,
    );
  }
  const pixels = height * width;
  const quads = channels / 4;
  let first = 0;
  const images = counts.map((count, image) => {
    first += count;
    return { quads, first: first - count, count, base: image * pixels * quads };
  });
  return { entries, height, width, pixels, images };
}

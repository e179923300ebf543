import { expectShape, type Gpu, reshape, ShapeError, type Tensor } from "@fiedler/gpu";
import { columnSums } from "../column_sums/column_sums.ts";
import { quads } from "../matmul/matmul.ts";
import { matmulStrided } from "../matmul/strided.ts";
import { transpose, transposeStrided } from "../transpose/transpose.ts";

/** Slices of the sum over pixels: short enough for f32, few enough for the second stage. */
const MAX_SLICES = 64;
const SLICE_PIXELS = 128;

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
 * @param features `[images, height, width, channels]` f32; height × width a multiple of 4.
 * @param counts how many entries each image has.
 * @returns `[entries, height, width]` f32.
 * @throws {ShapeError} when sizes disagree, or are no multiples of 4 where they should be.
 */
export function dynamicConv(
  gpu: Gpu,
  kernels: Tensor,
  features: Tensor,
  counts: readonly number[],
): Tensor {
  const { entries, channels, height, width, pixels, images } = sizes(kernels, features, counts);
  const out = gpu.empty([entries, height, width]);
  for (const { first, count, base } of images.filter(({ count }) => count > 0)) {
    gpu.scope(() => {
      // Entries along the columns: features as they lie are the left operand, and only what is as
      // small as the kernels and the logits is turned.
      const pitch = quads(count);
      const turned = gpu.empty([channels, pitch]);
      transposeStrided(gpu, kernels, turned, {
        rows: count,
        columns: channels,
        pitch,
        images: 1,
        base: first * channels,
        image: 0,
        row: channels,
      });
      const logits = gpu.empty([pixels, count]);
      matmulStrided(gpu, { a: features, b: turned, out: logits }, {
        rows: pixels,
        columns: count,
        inner: channels,
        a: { base, row: channels },
        b: { row: pitch },
        out: { row: count },
      });
      gpu.copy(transpose(gpu, logits), out, first * pixels);
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
  const found = sizes(kernels, features, counts);
  const { entries, height, width } = found;
  expectShape("dynamicConvBackward: dLogits", dLogits, `[${entries}, ${height}, ${width}]`);
  return gpu.scope(() => ({
    dKernels: kernelGradient(gpu, dLogits, features, found),
    dFeatures: featureGradient(gpu, dLogits, kernels, features.shape, found),
  }));
}

/** Σ_p dLogits[n, p] · features[p, c], its long sum split in slices. */
function kernelGradient(
  gpu: Gpu,
  dLogits: Tensor,
  features: Tensor,
  { entries, channels, pixels, images }: Sizes,
): Tensor {
  if (entries === 0) return gpu.empty([0, channels]);
  const slices = sliceCount(pixels);
  const length = pixels / slices;
  const partials = gpu.empty([slices, entries, channels]);
  for (const { first, count, base } of images.filter(({ count }) => count > 0)) {
    matmulStrided(gpu, { a: dLogits, b: features, out: partials }, {
      rows: count,
      columns: channels,
      inner: length,
      images: slices,
      a: { base: first * pixels, image: length, row: pixels },
      b: { base, image: length * channels, row: channels },
      out: { base: first * channels, image: entries * channels, row: channels },
    });
  }
  const rows = reshape(partials, [slices, entries * channels]);
  return reshape(columnSums(gpu, rows), [entries, channels]);
}

/** Σ_n dLogits[n, p] · kernels[n, c] over the entries of each image. */
function featureGradient(
  gpu: Gpu,
  dLogits: Tensor,
  kernels: Tensor,
  shape: readonly number[],
  { channels, height, width, pixels, images }: Sizes,
): Tensor {
  const out = gpu.zeros(shape);
  for (const { first, count, base } of images.filter(({ count }) => count > 0)) {
    const pitch = quads(count);
    const turned = gpu.empty([pixels, pitch]);
    // A row of pixels is a matrix of the batch, since one axis of workgroups may not hold them all.
    transposeStrided(gpu, dLogits, turned, {
      rows: count,
      columns: width,
      pitch,
      images: height,
      base: first * pixels,
      image: width,
      row: pixels,
    });
    matmulStrided(gpu, { a: turned, b: kernels, out }, {
      rows: pixels,
      columns: channels,
      inner: pitch,
      bRows: count,
      a: { row: pitch },
      b: { base: first * channels, row: channels },
      out: { base, row: channels },
    });
  }
  return out;
}

/** The most equal slices of a multiple of 4 pixels that are neither too many nor too short. */
function sliceCount(pixels: number): number {
  let slices = Math.min(MAX_SLICES, Math.max(1, Math.floor(pixels / SLICE_PIXELS)));
  while (pixels / 4 % slices !== 0) slices--;
  return slices;
}

type Sizes = ReturnType<typeof sizes>;

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
  const pixels = height * width;
  if (channels % 4 !== 0 || pixels % 4 !== 0) {
    throw new ShapeError(
      `dynamicConv: channels and height × width must be multiples of 4, ` +
        `got ${channels} and ${height} × ${width}`,
    );
  }
  const total = counts.reduce((a, b) => a + b, 0);
  if (total !== entries) {
    throw new ShapeError(
      `dynamicConv: the counts of the images must add up to ${entries} entries, got ${total}`,
    );
  }
  let first = 0;
  const images = counts.map((count, image) => {
    first += count;
    return { first: first - count, count, base: image * pixels * channels };
  });
  return { entries, channels, height, width, pixels, images };
}

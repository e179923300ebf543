import { expectShape, formatShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import { expectQuads } from "../conv2d/windows.ts";
import { groupNormKernel } from "./group_norm.gen.ts";
import { groupNormStatisticsKernel } from "./group_norm_statistics.gen.ts";
import { groupNormSumsKernel } from "./group_norm_sums.gen.ts";

/** Pixels that one invocation adds up: few enough to keep a device busy. */
const SUMMED_PIXELS = 256;
/** Pixels that one invocation maps. */
const MAPPED_PIXELS = 16;

/** Scale and shift of a group norm. */
export interface GroupNormWeights {
  /** `[channels]` f32. */
  readonly weight: Tensor;
  /** `[channels]` f32. */
  readonly bias: Tensor;
}

/** Options of {@linkcode groupNorm} and what follows from it. */
export interface GroupNormOptions {
  /** Groups of neighbouring channels that share mean and variance; divides the channels. */
  readonly groups: number;
  /** Added to the variance. Default 1e-5, as torch's. */
  readonly epsilon?: number;
  /** max(x, 0), last of all. Default false. */
  readonly relu?: boolean;
}

/** What {@linkcode groupNorm} measured, which its gradient needs. */
export interface GroupStatistics {
  /** `[images, groups]` f32. */
  readonly mean: Tensor;
  /** `[images, groups]` f32: 1 / √(variance + epsilon), of the biased variance. */
  readonly invStd: Tensor;
}

/**
 * Normalises each group of channels of each image to mean 0 and variance 1, then scales and shifts
 * each channel.
 *
 * The mean comes first and the variance from centred values, so that a mean far from zero costs no
 * digits; sums run in two stages of fixed order.
 *
 * Source: Wu and He 2018, arXiv 1803.08494, eq. 1 and 2.
 *
 * @param x `[images, height, width, channels]` f32; channels a multiple of 4 and of `groups`.
 * @returns `out`, as `x`, and the statistics.
 * @throws {ShapeError} when sizes disagree, or `groups` does not divide the channels.
 *
 * @example
 * ```ts
 * import { Gpu } from "@fiedler/gpu";
 * import { groupNorm } from "@fiedler/kernels";
 * import assert from "node:assert/strict";
 *
 * const gpu = await Gpu.open();
 * const x = gpu.upload(Float32Array.of(1, 3, 10, 30), [1, 1, 1, 4]);
 * const weights = {
 *   weight: gpu.upload(new Float32Array(4).fill(1), [4]),
 *   bias: gpu.zeros([4]),
 * };
 * const { out } = groupNorm(gpu, x, weights, { groups: 2 });
 * assert.deepEqual((await gpu.read(out)).map(Math.round), Float32Array.of(-1, 1, -1, 1));
 * gpu.close();
 * ```
 */
export function groupNorm(
  gpu: Gpu,
  x: Tensor,
  weights: GroupNormWeights,
  options: GroupNormOptions,
): GroupStatistics & { readonly out: Tensor } {
  const sizes = expectGroups("groupNorm", x, weights, options.groups);
  const { epsilon = 1e-5 } = options;
  const statistics = gpu.scope(() => {
    const mean = statistic(gpu, x, { ...sizes, epsilon }, null);
    return { mean, invStd: statistic(gpu, x, { ...sizes, epsilon }, mean) };
  });
  const { relu } = options;
  return { ...statistics, out: normalise(gpu, x, weights, sizes, { ...statistics, relu }) };
}

/** Sizes of a group norm, as its kernels take them. */
export interface GroupSizes {
  readonly images: number;
  readonly pixels: number;
  readonly channels: number;
  readonly groupChannels: number;
}

/** Checks what all passes of a group norm are given. */
export function expectGroups(
  name: string,
  x: Tensor,
  { weight, bias }: GroupNormWeights,
  groups: number,
): GroupSizes {
  const { images, height, width, channels } = expectShape(
    `${name}: x`,
    x,
    "[images, height, width, channels]",
  );
  expectQuads(name, { channels });
  expectShape(`${name}: weight`, weight, `[${channels}]`);
  expectShape(`${name}: bias`, bias, `[${channels}]`);
  if (!(Number.isInteger(groups) && groups > 0 && channels % groups === 0)) {
    throw new ShapeError(`${name}: groups must divide the ${channels} channels, got ${groups}`);
  }
  const pixels = height * width;
  if (pixels === 0) throw new ShapeError(`${name}: x has no pixels: ${formatShape(x.shape)}`);
  return { images, pixels, channels, groupChannels: channels / groups };
}

/** Checks the statistics of an earlier pass. */
export function expectStatistics(
  name: string,
  { mean, invStd }: GroupStatistics,
  shape: readonly number[],
): void {
  expectShape(`${name}: mean`, mean, formatShape(shape));
  expectShape(`${name}: invStd`, invStd, formatShape(shape));
}

/** One invocation per quad of channels and slice of the pixels of each image. */
export interface SliceGrid {
  /** For the launch. */
  readonly workgroups: readonly [number, number];
  /** For the uniforms. */
  readonly params: Omit<GroupSizes, "images"> & {
    readonly count: number;
    readonly row: number;
    readonly slices: number;
    readonly slicePixels: number;
  };
}

/** Slices for a pass that adds up pixels or maps each. */
export function sliceGrid(
  { images, ...sizes }: GroupSizes,
  pass: "sum" | "map",
  workgroup: number,
): SliceGrid {
  const slicePixels = pass === "sum" ? SUMMED_PIXELS : MAPPED_PIXELS;
  const slices = Math.ceil(sizes.pixels / slicePixels);
  const count = images * slices * sizes.channels / 4;
  const { workgroups, row } = grid1d(count, workgroup);
  return { workgroups, params: { ...sizes, count, row, slices, slicePixels } };
}

/** Mean of each group without `centre`, else the inverse deviation from it. */
function statistic(
  gpu: Gpu,
  x: Tensor,
  { epsilon, ...sizes }: GroupSizes & { readonly epsilon: number },
  centre: Tensor | null,
): Tensor {
  const { images, pixels, channels, groupChannels } = sizes;
  const groups = channels / groupChannels;
  const overrides = { POWER: centre ? 2 : 1 };
  const out = gpu.empty([images, groups]);
  gpu.scope(() => {
    const { workgroups, params } = sliceGrid(sizes, "sum", groupNormSumsKernel.overrides.WORKGROUP);
    const { slices } = params;
    const partials = gpu.empty([images, slices, channels]);
    // A binding needs a buffer even where there is no mean to read.
    const args = { x, mean: centre ?? x, partials, params };
    gpu.run(groupNormSumsKernel, args, { workgroups, overrides });
    const shares = { pixels, channels, groupChannels, slices, epsilon };
    gpu.run(groupNormStatisticsKernel, { x, partials, out, params: shares }, {
      workgroups: [groups, images],
      overrides,
    });
  });
  return out;
}

function normalise(
  gpu: Gpu,
  x: Tensor,
  { weight, bias }: GroupNormWeights,
  sizes: GroupSizes,
  { mean, invStd, relu = false }: GroupStatistics & { readonly relu?: boolean },
): Tensor {
  const out = gpu.empty(x.shape);
  const { workgroups, params } = sliceGrid(sizes, "map", groupNormKernel.overrides.WORKGROUP);
  gpu.run(groupNormKernel, { x, weight, bias, mean, invStd, out, params }, {
    workgroups,
    overrides: { RELU: relu ? 1 : 0 },
  });
  return out;
}

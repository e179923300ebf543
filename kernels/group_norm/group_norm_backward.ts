import { expectShape, formatShape, type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { columnSums } from "../column_sums/column_sums.ts";
import {
  expectGroups,
  expectStatistics,
  type GroupNormOptions,
  type GroupNormWeights,
  type GroupSizes,
  type GroupStatistics,
  sliceGrid,
} from "./group_norm.ts";
import { groupNormBackwardKernel } from "./group_norm_backward.gen.ts";
import { groupNormBackwardMeansKernel } from "./group_norm_backward_means.gen.ts";
import { groupNormBackwardSumsKernel } from "./group_norm_backward_sums.gen.ts";

/** What the forward pass was given and measured. */
export interface GroupNormRecord extends GroupNormWeights, GroupStatistics {
  /** `[images, height, width, channels]` f32. */
  readonly x: Tensor;
}

/** Gradients of a group norm. */
export interface GroupNormGradients {
  /** As `x`. */
  readonly dx: Tensor;
  /** `[channels]` f32. */
  readonly dWeight: Tensor;
  /** `[channels]` f32. */
  readonly dBias: Tensor;
}

/**
 * The gradient of {@linkcode groupNorm} with respect to its input, weight and bias.
 *
 * With d = dOut, masked by the ReLU: dx = invStd · (d·weight − mean(d·weight) −
 * normal · mean(d·weight·normal)), the means over each group of an image; dWeight = Σ d · normal and
 * dBias = Σ d over pixels and images. The ReLU's mask comes from `x`: no output is needed.
 *
 * Source: Wu and He 2018, arXiv 1803.08494, eq. 1 and 2, differentiated.
 *
 * @param dOut As `x`.
 * @param record Input, weights and statistics of the forward pass.
 * @param options `groups` and `relu` of the forward pass.
 * @throws {ShapeError} when sizes disagree.
 */
export function groupNormBackward(
  gpu: Gpu,
  dOut: Tensor,
  record: GroupNormRecord,
  { groups, relu = false }: Omit<GroupNormOptions, "epsilon">,
): GroupNormGradients {
  const { x, weight, bias, mean, invStd } = record;
  const name = "groupNormBackward";
  const sizes = expectGroups(name, x, record, groups);
  expectShape(`${name}: dOut`, dOut, formatShape(x.shape));
  expectStatistics(name, record, [sizes.images, groups]);
  const tensors = { dOut, x, weight, bias, mean, invStd };
  const overrides = { RELU: relu ? 1 : 0 };
  return gpu.scope(() => {
    const { sums, products } = backwardSums(gpu, tensors, sizes, overrides);
    const slices = sums.shape[1];
    const { images, pixels, channels, groupChannels } = sizes;
    const means = gpu.empty([images, groups, 2]);
    const shares = { pixels, channels, groupChannels, slices };
    gpu.run(
      groupNormBackwardMeansKernel,
      { sums, products, weight, means, params: shares },
      { workgroups: [groups, images] },
    );
    const dx = gpu.empty(x.shape);
    const { WORKGROUP } = groupNormBackwardKernel.overrides;
    const { workgroups, params } = sliceGrid(sizes, "map", WORKGROUP);
    gpu.run(groupNormBackwardKernel, { ...tensors, means, dx, params }, { workgroups, overrides });
    const total = (partials: Tensor) =>
      columnSums(gpu, reshape(partials, [images * slices, channels]));
    return { dx, dWeight: total(products), dBias: total(sums) };
  });
}

/** Σ d and Σ d · normal of each channel and slice of pixels, `[images, slices, channels]`. */
function backwardSums(
  gpu: Gpu,
  tensors: GroupNormRecord & { readonly dOut: Tensor },
  sizes: GroupSizes,
  overrides: { readonly RELU: number },
): { readonly sums: Tensor; readonly products: Tensor } {
  const { WORKGROUP } = groupNormBackwardSumsKernel.overrides;
  const { workgroups, params } = sliceGrid(sizes, "sum", WORKGROUP);
  const shape = [sizes.images, params.slices, sizes.channels];
  const [sums, products] = [gpu.empty(shape), gpu.empty(shape)];
  gpu.run(groupNormBackwardSumsKernel, { ...tensors, sums, products, params }, {
    workgroups,
    overrides,
  });
  return { sums, products };
}

import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { expectEntries, type MaskEntries } from "../projection_loss/entries.ts";
import { sumRows } from "../reduce/sum.ts";
import { pairCountsKernel } from "./pair_counts.gen.ts";
import { pairWeightsKernel } from "./pair_weights.gen.ts";
import { pairwiseLossKernel } from "./pairwise_loss.gen.ts";
import { pairwiseLossBackwardKernel } from "./pairwise_loss_backward.gen.ts";

/** Which pairs of pixels a mask asks to agree. */
export interface ColourPairs {
  /** `[images, words]` u32: the alike neighbours of each pixel, as `colourNeighbours` packs them. */
  readonly bits: Tensor<"u32">;
  /** `[masks, 2, sides]` f32 of `projectMasks`, whose maxima span the rectangle of each mask. */
  readonly profiles: Tensor;
  /** `[masks]` u32: the image of each mask, below the number of images. */
  readonly imageOf: Tensor<"u32">;
}

/**
 * How many pairs each mask asks to agree: pixels in its rectangle, each with its alike neighbours.
 *
 * @param size `[height, width]` of the masks; masks ≤ 65535.
 * @returns `[masks]` u32.
 * @throws {ShapeError} when sizes disagree.
 */
export function pairCounts(
  gpu: Gpu,
  pairs: ColourPairs,
  [height, width]: readonly [number, number],
): Tensor<"u32"> {
  const { masks, words } = expectPairs("pairCounts", pairs, height, width);
  const counts = gpu.empty([masks], "u32");
  gpu.run(pairCountsKernel, { ...pairs, counts, params: { width, height, words } }, {
    workgroups: [masks],
  });
  return counts;
}

/** Turns of a loop that every adapter takes: llvmpipe ends loops behind them without a word. */
const MAX_ENTRIES = 65535;

/** Options of {@linkcode pairWeights}. */
export interface PairWeightsOptions {
  /** `[entries]` u32: the mask of each entry; entries ≤ 65535. */
  readonly maskOf: Tensor<"u32">;
  /** `[entries]` u32: the group of each entry, any number. */
  readonly groupOf: Tensor<"u32">;
  /** Factor on all weights: 1 / groups for the mean over groups. */
  readonly factor: number;
}

/**
 * Weights that make the pairwise loss a mean over the pairs of each group of entries (a level of the
 * network): `factor / max(pairs of the group, 1)`. Depends on the targets and the pictures alone, so
 * that it is known before the forward pass and a batch may be computed one image at a time.
 *
 * @param counts `[masks]` u32 of {@linkcode pairCounts}, for the masks of the whole batch.
 * @returns `[entries]` f32.
 * @throws {ShapeError} when sizes disagree.
 * @throws {RangeError} when there are too many entries.
 */
export function pairWeights(
  gpu: Gpu,
  counts: Tensor<"u32">,
  { maskOf, groupOf, factor }: PairWeightsOptions,
): Tensor {
  expectShape("pairWeights: counts", counts, "[masks]");
  const { entries } = expectShape("pairWeights: maskOf", maskOf, "[entries]");
  expectShape("pairWeights: groupOf", groupOf, `[${entries}]`);
  if (entries > MAX_ENTRIES) {
    throw new RangeError(`pairWeights: at most ${MAX_ENTRIES} entries, got ${entries}`);
  }
  const weights = gpu.empty([entries]);
  const args = { counts, maskOf, groupOf, weights, params: { entries, factor } };
  gpu.run(pairWeightsKernel, args, {
    workgroups: [Math.ceil(entries / pairWeightsKernel.overrides.WORKGROUP)],
  });
  return weights;
}

/**
 * Pairwise loss: pixels of alike colour should be both in the mask or both out of it, wherever one of
 * them lies in the rectangle of the target.
 *
 * Source: Tian et al. 2021 (BoxInst), arXiv 2012.02310, §3.2, eq. 5.
 *
 * @param logits `[entries, height, width]` f32; entries ≤ 65535.
 * @param given the weights are those of {@linkcode pairWeights}.
 * @returns `[1]` f32: summed over the weighted entries.
 * @throws {ShapeError} when sizes disagree.
 */
export function pairwiseLoss(
  gpu: Gpu,
  logits: Tensor,
  pairs: ColourPairs,
  given: MaskEntries,
): Tensor {
  const { entries, height, width } = expectEntries("pairwiseLoss", logits, given);
  const { words } = expectPairs("pairwiseLoss", pairs, height, width);
  return gpu.scope(() => {
    const values = gpu.empty([1, entries]);
    const args = { logits, ...pairs, ...given, values, params: { width, height, words } };
    gpu.run(pairwiseLossKernel, args, { workgroups: [entries] });
    return sumRows(gpu, values);
  });
}

/**
 * Gradient of {@linkcode pairwiseLoss} with respect to the logits.
 *
 * @param logits as they were given, and pairs and entries too.
 * @param factor on the gradient: the loss's weight in the total. Default 1.
 * @returns as the logits.
 * @throws {ShapeError} when sizes disagree.
 */
export function pairwiseLossBackward(
  gpu: Gpu,
  logits: Tensor,
  pairs: ColourPairs,
  given: MaskEntries,
  factor = 1,
): Tensor {
  const { entries, height, width } = expectEntries("pairwiseLossBackward", logits, given);
  const { words } = expectPairs("pairwiseLossBackward", pairs, height, width);
  const dLogits = gpu.empty(logits.shape);
  const args = { logits, ...pairs, ...given, dLogits, params: { width, height, words, factor } };
  gpu.run(pairwiseLossBackwardKernel, args, {
    workgroups: [
      Math.ceil(width * height / pairwiseLossBackwardKernel.overrides.WORKGROUP),
      entries,
    ],
  });
  return dLogits;
}

function expectPairs(
  where: string,
  { bits, profiles, imageOf }: ColourPairs,
  height: number,
  width: number,
): { masks: number; words: number } {
  const { words } = expectShape(`${where}: bits`, bits, "[images, words]");
  if (words !== Math.ceil(height * width / 4)) {
    throw new ShapeError(
      `${where}: ${height} × ${width} pixels need ${
        Math.ceil(height * width / 4)
      } words of bits, ` +
        `got ${words}`,
    );
  }
  const { masks } = expectShape(`${where}: profiles`, profiles, `[masks, 2, ${height + width}]`);
  expectShape(`${where}: imageOf`, imageOf, `[${masks}]`);
  return { masks, words };
}

import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { sumRows } from "../reduce/sum.ts";
import { expectEntries, type MaskEntries } from "./entries.ts";
import { profileDiceKernel } from "./profile_dice.gen.ts";
import { projectLogitsKernel } from "./project_logits.gen.ts";
import { projectMasksKernel } from "./project_masks.gen.ts";
import { projectionLossBackwardKernel } from "./projection_loss_backward.gen.ts";

/** Options of {@linkcode projectionLoss}. */
export interface ProjectionLossOptions {
  /** Weight of the loss of the maxima in the gradient. Default 1, as in FreeSOLO. */
  readonly maxFactor?: number;
  /** Weight of the loss of the means in the gradient. Default 0.1, as in FreeSOLO. */
  readonly meanFactor?: number;
}

/** What {@linkcode projectionLoss} returns. */
export interface ProjectionLoss {
  /** `[2]` f32: the losses of the maxima and of the means, summed over the weighted entries. */
  readonly terms: Tensor;
  /** `[entries, sides]` u32: where each column and row has its maximum. For the gradient. */
  readonly at: Tensor<"u32">;
  /** `[entries, 2, sides]` f32: the gradient with respect to the profiles. For the gradient. */
  readonly slopes: Tensor;
}

/**
 * Profiles of binary masks: for each column and row whether it has a pixel, and which share of it
 * belongs to the mask.
 *
 * @param masks `[masks, words]` u32: pixel p, row by row, is bit p % 32 of word p / 32.
 * @param size `[height, width]` of each mask; masks ≤ 65535.
 * @returns `[masks, 2, sides]` f32, sides = width + height: columns, then rows.
 * @throws {ShapeError} when the pixels do not fit the words.
 */
export function projectMasks(
  gpu: Gpu,
  masks: Tensor<"u32">,
  [height, width]: readonly [number, number],
): Tensor {
  const { count, words } = expectShape("projectMasks: masks", masks, "[count, words]");
  const needed = Math.ceil(height * width / 32);
  if (words !== needed) {
    throw new ShapeError(
      `projectMasks: ${height} × ${width} pixels need ${needed} words, got ${words}`,
    );
  }
  const sides = width + height;
  const profiles = gpu.empty([count, 2, sides]);
  gpu.run(projectMasksKernel, { masks, profiles, params: { width, height, words } }, {
    workgroups: [Math.ceil(sides / projectMasksKernel.overrides.WORKGROUP), count],
  });
  return profiles;
}

/**
 * Dice loss between the profiles of probabilities σ(logits) and of masks: their largest value, and
 * their mean, in each column and row. A mask teaches its extent, not its pixels.
 *
 * Source: Tian et al. 2021 (BoxInst), arXiv 2012.02310, §3.1; the means are FreeSOLO's
 * (arXiv 2202.12181).
 *
 * @param logits `[entries, height, width]` f32; entries ≤ 65535.
 * @param targets `[masks, 2, sides]` f32 of {@linkcode projectMasks}.
 * @throws {ShapeError} when sizes disagree.
 */
export function projectionLoss(
  gpu: Gpu,
  logits: Tensor,
  targets: Tensor,
  given: MaskEntries,
  { maxFactor = 1, meanFactor = 0.1 }: ProjectionLossOptions = {},
): ProjectionLoss {
  const { entries, height, width } = expectEntries("projectionLoss", logits, given);
  const sides = width + height;
  expectShape("projectionLoss: targets", targets, `[masks, 2, ${sides}]`);
  const at = gpu.empty([entries, sides], "u32");
  const slopes = gpu.empty([entries, 2, sides]);
  const terms = gpu.scope(() => {
    const profiles = gpu.empty([entries, 2, sides]);
    gpu.run(projectLogitsKernel, { logits, profiles, at, params: { width, height } }, {
      workgroups: [Math.ceil(sides / projectLogitsKernel.overrides.WORKGROUP), entries],
    });
    const values = gpu.empty([2, entries]);
    const params = { width, height, entries, maxFactor, meanFactor };
    gpu.run(profileDiceKernel, { profiles, targets, ...given, values, slopes, params }, {
      workgroups: [entries, 2],
    });
    return sumRows(gpu, values);
  });
  return { terms, at, slopes };
}

/**
 * Gradient of `maxFactor · terms[0] + meanFactor · terms[1]` of {@linkcode projectionLoss}. A maximum
 * sends its gradient to one pixel, the first of equal ones.
 *
 * @param logits as they were given.
 * @returns as the logits.
 * @throws {ShapeError} when the logits are not of the size they had.
 */
export function projectionLossBackward(
  gpu: Gpu,
  logits: Tensor,
  { at, slopes }: ProjectionLoss,
): Tensor {
  const { entries, height, width } = expectShape(
    "projectionLossBackward: logits",
    logits,
    "[entries, height, width]",
  );
  const sides = width + height;
  expectShape("projectionLossBackward: at", at, `[${entries}, ${sides}]`);
  expectShape("projectionLossBackward: slopes", slopes, `[${entries}, 2, ${sides}]`);
  const dLogits = gpu.empty(logits.shape);
  const args = { logits, at, slopes, dLogits, params: { width, height } };
  gpu.run(projectionLossBackwardKernel, args, {
    workgroups: [
      Math.ceil(width * height / projectionLossBackwardKernel.overrides.WORKGROUP),
      entries,
    ],
  });
  return dLogits;
}

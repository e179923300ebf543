import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { sumRows } from "../reduce/sum.ts";
import { expectEntries, type MaskEntries } from "./entries.ts";
import { maskDiceKernel } from "./mask_dice.gen.ts";
import { maskDiceBackwardKernel } from "./mask_dice_backward.gen.ts";

/** What {@linkcode maskDice} returns. */
export interface MaskDice {
  /** `[1]` f32: the loss, summed over the weighted entries. */
  readonly term: Tensor;
  /** `[entries, 2]` f32: for the gradient. */
  readonly slopes: Tensor;
}

/**
 * Dice loss between the probabilities σ(logits) and binary masks, pixel by pixel: the mask loss of
 * plain SOLOv2.
 *
 * Source: Wang et al. 2020 (SOLOv2), arXiv 2003.10152, §3.3.
 *
 * @param logits `[entries, height, width]` f32; entries ≤ 65535.
 * @param masks `[masks, words]` u32: pixel p, row by row, is bit p % 32 of word p / 32.
 * @throws {ShapeError} when sizes disagree.
 */
export function maskDice(
  gpu: Gpu,
  logits: Tensor,
  masks: Tensor<"u32">,
  given: MaskEntries,
): MaskDice {
  const { entries, pixels, words } = sizes("maskDice", logits, masks, given);
  const slopes = gpu.empty([entries, 2]);
  const term = gpu.scope(() => {
    const values = gpu.empty([1, entries]);
    gpu.run(
      maskDiceKernel,
      { logits, masks, ...given, values, slopes, params: { pixels, words } },
      {
        workgroups: [entries],
      },
    );
    return sumRows(gpu, values);
  });
  return { term, slopes };
}

/**
 * Gradient of {@linkcode maskDice} with respect to the logits.
 *
 * @param logits as they were given, and masks and entries too.
 * @returns as the logits.
 * @throws {ShapeError} when sizes disagree.
 */
export function maskDiceBackward(
  gpu: Gpu,
  logits: Tensor,
  masks: Tensor<"u32">,
  given: MaskEntries,
  { slopes }: MaskDice,
): Tensor {
  const { entries, pixels, words } = sizes("maskDiceBackward", logits, masks, given);
  expectShape("maskDiceBackward: slopes", slopes, `[${entries}, 2]`);
  const dLogits = gpu.empty(logits.shape);
  const { maskOf } = given;
  gpu.run(maskDiceBackwardKernel, {
    logits,
    masks,
    maskOf,
    slopes,
    dLogits,
    params: { pixels, words },
  }, {
    workgroups: [Math.ceil(pixels / maskDiceBackwardKernel.overrides.WORKGROUP), entries],
  });
  return dLogits;
}

function sizes(where: string, logits: Tensor, masks: Tensor<"u32">, given: MaskEntries) {
  const { entries, height, width } = expectEntries(where, logits, given);
  const { words } = expectShape(`${where}: masks`, masks, "[count, words]");
  const pixels = height * width;
  if (words !== Math.ceil(pixels / 32)) {
    throw new ShapeError(
      `${where}: ${height} × ${width} pixels need ${Math.ceil(pixels / 32)} words, got ${words}`,
    );
  }
  return { entries, pixels, words };
}

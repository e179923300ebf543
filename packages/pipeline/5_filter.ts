import type { Gpu, Tensor } from "@fiedler/gpu";
import { filterByRules, type MaskSet, type Verdicts } from "@fiedler/kernels";
import type { ProposalOptions } from "./options.ts";

/** The options that {@linkcode filterMasks} reads. */
export type FilterOptions = Pick<
  ProposalOptions,
  "minPatches" | "maxShare" | "saliencyScore" | "saliencyThreshold"
>;

/**
 * Stage 5: drops masks that are too small, too large, or not salient enough (§4). The first rule
 * that a mask fails is the one that is reported, in this order.
 *
 * An empty saliency mask gives every mask the score 0; without one (null) every mask passes.
 *
 * @param saliency `[images, words]` u32 from stage 4, or null.
 * @throws {RangeError} when a threshold is outside 0 … 1 or no whole number of steps of 1e-4.
 */
export function filterMasks(
  gpu: Gpu,
  masks: MaskSet,
  saliency: Tensor<"u32"> | null,
  { minPatches, maxShare, saliencyScore, saliencyThreshold }: FilterOptions,
): Verdicts {
  return filterByRules(gpu, masks, saliency, {
    minArea: minPatches,
    maxShare,
    score: saliencyScore,
    threshold: saliencyThreshold,
  });
}

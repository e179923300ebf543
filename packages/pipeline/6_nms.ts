import type { Gpu, Tensor } from "@fiedler/gpu";
import { greedyNms, type MaskSet, type Verdicts } from "@fiedler/kernels";
import type { ProposalOptions } from "./options.ts";

/**
 * Stage 6: of masks that nearly coincide, keeps the best (§4, "NMS"): greedy, by mask IoU. The
 * order is total: by `nmsOrder`, then the larger area, the smaller k, the first cell. Without
 * saliency all of order `ioa` are equal, so that the area decides.
 *
 * @param verdicts from stage 5.
 * @param coherence `[images, capacity]` f32.
 * @returns `[images, capacity, 3]` u32: rank, the mask that suppressed this one, shared patches.
 * @throws {RangeError} when the threshold is outside 0 … 1 or no whole number of steps of 1e-4.
 */
export function suppressMasks(
  gpu: Gpu,
  masks: MaskSet,
  verdicts: Verdicts,
  coherence: Tensor,
  { nmsThreshold, nmsOrder }: Pick<ProposalOptions, "nmsThreshold" | "nmsOrder">,
): Tensor<"u32"> {
  return greedyNms(gpu, masks, verdicts, coherence, { threshold: nmsThreshold, order: nmsOrder });
}

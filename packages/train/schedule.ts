import type { LossSettings, OptimiserSettings } from "./settings.ts";

/** Share of the rate that a cosine ends with. */
const COSINE_END = 0.01;

/**
 * Learning rate of a step: a linear warm-up, rate · (from · (1 − t / warmUp) + t / warmUp) with
 * t = step − 1, then constant, or along half a cosine down to a hundredth at the last step.
 *
 * Source: FreeSOLO (arXiv 2202.12181) as Detectron2 warms up; the cosine is Loshchilov and Hutter
 * 2017, arXiv 1608.03983, §3, without restarts.
 *
 * @param settings of the course: its steps and its optimiser.
 * @param step from 1 on.
 * @throws {RangeError} when `step` is no whole number from 1 on.
 *
 * @example
 * ```ts
 * import { PAPER_TRAINING, rateAt } from "@fiedler/train";
 * import assert from "node:assert/strict";
 *
 * assert.equal(rateAt(PAPER_TRAINING, 1), 0.01 * 0.00025);
 * assert.equal(rateAt(PAPER_TRAINING, 60_000), 0.00025);
 * ```
 */
export function rateAt(
  { steps, optimiser }: { readonly steps: number; readonly optimiser: OptimiserSettings },
  step: number,
): number {
  expectStep("rateAt", step);
  const { rate, warmUpFrom, warmUp, decay } = optimiser;
  const t = step - 1;
  if (t < warmUp) return rate * (warmUpFrom * (1 - t / warmUp) + t / warmUp);
  if (decay === "constant") return rate;
  const done = Math.min(1, (t - warmUp) / Math.max(1, steps - 1 - warmUp));
  return rate * (COSINE_END + (1 - COSINE_END) * (1 + Math.cos(Math.PI * done)) / 2);
}

/**
 * Factors of the terms in a step: those of the settings, but pairs reach theirs linearly,
 * min(step / pairwiseWarmUp, 1).
 *
 * Source: Tian et al. 2021 (BoxInst), arXiv 2012.02310, as FreeSOLO has it.
 *
 * @param step from 1 on.
 * @throws {RangeError} when `step` is no whole number from 1 on.
 */
export function factorsAt(loss: LossSettings, step: number): LossSettings {
  expectStep("factorsAt", step);
  return {
    ...loss,
    pairwise: loss.pairwise * Math.min(step / Math.max(1, loss.pairwiseWarmUp), 1),
  };
}

/**
 * Refuses what is not the number of a step.
 *
 * @throws {RangeError} naming it.
 */
export function expectStep(where: string, step: number): void {
  if (Number.isSafeInteger(step) && step >= 1) return;
  throw new RangeError(`${where}: a step must be a whole number from 1 on, got ${step}`);
}

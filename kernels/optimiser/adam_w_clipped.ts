import { elements, expectShape, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import type { AdamWOptions, AdamWState } from "./adam_w.ts";
import { adamWClippedKernel } from "./adam_w_clipped.gen.ts";
import { expectAlike, expectFactor } from "./checks.ts";

/** Numbers of {@linkcode adamWClipped}. */
export interface AdamWClippedOptions extends AdamWOptions {
  /** `[1]` f32, the norm of all gradients that are clipped together, of `globalNorm`. */
  readonly norm: Tensor;
  /** Largest norm that a gradient keeps. */
  readonly limit: number;
}

/**
 * One step of AdamW on a clipped gradient, in place. The norm stays on the GPU: nothing is read back,
 * and a step whose norm is infinite or no number changes nothing.
 *
 * Source: `torch.optim.AdamW` behind `torch.nn.utils.clip_grad_norm_`.
 *
 * @throws {ShapeError} when the tensors differ in shape, or the norm is not `[1]`.
 * @throws {RangeError} when a number is negative or not finite, a beta is not below 1, the limit is
 * 0, or the step is not a whole number from 1 on.
 */
export function adamWClipped(
  gpu: Gpu,
  state: AdamWState,
  options: AdamWClippedOptions,
): void {
  const { rate, step, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0.01 } = options;
  const { norm, limit } = options;
  const { parameter, gradient, mean, square } = state;
  const [beta1, beta2] = betas;
  expectAlike("adamWClipped", parameter, { gradient, mean, square });
  expectShape("adamWClipped: norm", norm, "[1]");
  expectFactor("adamWClipped", { rate, beta1, beta2, epsilon, weightDecay, limit });
  if (beta1 >= 1 || beta2 >= 1) {
    throw new RangeError(`adamWClipped: betas must be below 1, got ${beta1} and ${beta2}`);
  }
  if (limit === 0) throw new RangeError("adamWClipped: limit must be above 0, got 0");
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(`adamWClipped: step must be a whole number from 1 on, got ${step}`);
  }
  const quads = Math.ceil(elements(parameter.shape) / 4);
  const { workgroups, row } = grid1d(quads, adamWClippedKernel.overrides.WORKGROUP);
  const params = {
    quads,
    stride: row,
    keep: 1 - rate * weightDecay,
    rate: rate / (1 - beta1 ** step),
    root: Math.sqrt(1 - beta2 ** step),
    epsilon,
    beta1,
    beta2,
    rest1: 1 - beta1,
    rest2: 1 - beta2,
    limit,
  };
  const bits: Tensor<"u32"> = { ...norm, dtype: "u32" };
  const tensors = { norm: bits, gradient, mean, square, parameter };
  gpu.run(adamWClippedKernel, { ...tensors, params }, { workgroups });
}

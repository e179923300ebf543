import { elements, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { adamWKernel } from "./adam_w.gen.ts";
import { expectAlike, expectFactor } from "./checks.ts";

/** A parameter with its gradient and what AdamW remembers of it; all of one shape, f32. */
export interface AdamWState {
  /** Overwritten by the step. */
  readonly parameter: Tensor;
  /** Gradient of the loss. */
  readonly gradient: Tensor;
  /** Running mean of the gradient, overwritten; zeros before the first step. */
  readonly mean: Tensor;
  /** Running mean of its square, overwritten; zeros before the first step. */
  readonly square: Tensor;
}

/** Numbers of {@linkcode adamW}; the defaults are PyTorch's. */
export interface AdamWOptions {
  /** Learning rate of this step. */
  readonly rate: number;
  /** Which step this is, from 1 on. */
  readonly step: number;
  /** Shares of the running means that stay, below 1. Default `[0.9, 0.999]`. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the mean square. Default 1e-8. */
  readonly epsilon?: number;
  /** Share of the parameter that a step of rate 1 takes away. Default 0.01. */
  readonly weightDecay?: number;
}

/**
 * One step of AdamW, in place, as `torch.optim.AdamW` defines it.
 *
 * @throws {ShapeError} when the tensors differ in shape.
 * @throws {RangeError} when a number is negative or not finite, a beta is not below 1, or the step
 * is not a whole number from 1 on.
 */
export function adamW(
  gpu: Gpu,
  state: AdamWState,
  { rate, step, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0.01 }: AdamWOptions,
): void {
  const { parameter, gradient, mean, square } = state;
  const [beta1, beta2] = betas;
  expectAlike("adamW", parameter, { gradient, mean, square });
  expectFactor("adamW", { rate, beta1, beta2, epsilon, weightDecay });
  if (beta1 >= 1 || beta2 >= 1) {
    throw new RangeError(`adamW: betas must be below 1, got ${beta1} and ${beta2}`);
  }
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(`adamW: step must be a whole number from 1 on, got ${step}`);
  }
  const quads = Math.ceil(elements(parameter.shape) / 4);
  const { workgroups, row } = grid1d(quads, adamWKernel.overrides.WORKGROUP);
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
  };
  gpu.run(adamWKernel, { gradient, mean, square, parameter, params }, { workgroups });
}

import { elements, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { expectAlike, expectFactor } from "./checks.ts";
import { sgdKernel } from "./sgd.gen.ts";

/** A parameter with its gradient and what SGD remembers of it; all of one shape, f32. */
export interface SgdState {
  /** Overwritten by the step. */
  readonly parameter: Tensor;
  /** Gradient of the loss. */
  readonly gradient: Tensor;
  /** Overwritten by the step; zeros before the first one. */
  readonly velocity: Tensor;
}

/** Numbers of {@linkcode sgd}. */
export interface SgdOptions {
  /** Learning rate of this step. */
  readonly rate: number;
  /** Share of the velocity that stays. Default 0.9. */
  readonly momentum?: number;
  /** Factor of the parameter that is added to its gradient. Default 0. */
  readonly weightDecay?: number;
}

/**
 * One step of stochastic gradient descent with momentum and weight decay, in place, as
 * `torch.optim.SGD` defines it (dampening 0, not Nesterov): a parameter without gradient decays too.
 *
 * @throws {ShapeError} when the tensors differ in shape.
 * @throws {RangeError} when a number is negative or not finite.
 */
export function sgd(
  gpu: Gpu,
  state: SgdState,
  { rate, momentum = 0.9, weightDecay = 0 }: SgdOptions,
): void {
  const { parameter, gradient, velocity } = state;
  expectAlike("sgd", parameter, { gradient, velocity });
  expectFactor("sgd", { rate, momentum, weightDecay });
  const quads = Math.ceil(elements(parameter.shape) / 4);
  const { workgroups, row } = grid1d(quads, sgdKernel.overrides.WORKGROUP);
  const params = { quads, stride: row, rate, momentum, weightDecay };
  gpu.run(sgdKernel, { gradient, velocity, parameter, params }, { workgroups });
}

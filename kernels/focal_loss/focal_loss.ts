import { elements, formatShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import { sumRows } from "../reduce/sum.ts";
import { focalLossKernel } from "./focal_loss.gen.ts";
import { focalLossBackwardKernel } from "./focal_loss_backward.gen.ts";

/** Workgroups of the value at most, and elements per invocation before another one pays. */
const MAX_PARTIALS = 256;
const ELEMENTS_EACH = 16;

/** Options of {@linkcode focalLoss} and its gradient. */
export interface FocalLossOptions {
  /** Factor on the sum: 1 / (positive cells + 1) for SOLOv2. */
  readonly weight: number;
  /** Share of the positive elements, 0 … 1. Default 0.25 (Lin et al. 2017, §4.1). */
  readonly alpha?: number;
}

/**
 * Sigmoid focal loss with γ = 2, summed over all elements, times `weight`.
 *
 * Source: Lin et al. 2017, arXiv 1708.02002, §3.2.
 *
 * @param logits of any shape, f32.
 * @param targets u32, 0 or 1, of the shape of the logits.
 * @returns `[1]` f32.
 * @throws {ShapeError} when the shapes differ.
 */
export function focalLoss(
  gpu: Gpu,
  logits: Tensor,
  targets: Tensor<"u32">,
  { weight, alpha = 0.25 }: FocalLossOptions,
): Tensor {
  expectTargets(logits, targets);
  const count = elements(logits.shape);
  const { WORKGROUP } = focalLossKernel.overrides;
  const groups = Math.min(MAX_PARTIALS, Math.max(1, Math.ceil(count / WORKGROUP / ELEMENTS_EACH)));
  return gpu.scope(() => {
    const out = gpu.empty([1, groups]);
    const params = { count, stride: groups * WORKGROUP, alpha };
    gpu.run(focalLossKernel, { logits, targets, out, params }, { workgroups: [groups] });
    return sumRows(gpu, out, weight);
  });
}

/**
 * Gradient of {@linkcode focalLoss} with respect to the logits, `weight` included.
 *
 * @returns as the logits.
 * @throws {ShapeError} when the shapes differ.
 */
export function focalLossBackward(
  gpu: Gpu,
  logits: Tensor,
  targets: Tensor<"u32">,
  { weight, alpha = 0.25 }: FocalLossOptions,
): Tensor {
  expectTargets(logits, targets);
  const dLogits = gpu.empty(logits.shape);
  const count = elements(logits.shape);
  const { workgroups, row } = grid1d(count, focalLossBackwardKernel.overrides.WORKGROUP);
  const params = { count, stride: row, alpha, weight };
  gpu.run(focalLossBackwardKernel, { logits, targets, dLogits, params }, { workgroups });
  return dLogits;
}

function expectTargets(logits: Tensor, targets: Tensor<"u32">): void {
  if (formatShape(logits.shape) === formatShape(targets.shape)) return;
  throw new ShapeError(
    `focalLoss: targets must be ${formatShape(logits.shape)} as the logits, ` +
      `got ${formatShape(targets.shape)}`,
  );
}

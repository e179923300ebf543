import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { rayleighRitzKernel } from "./rayleigh_ritz.gen.ts";
import { quadsOf, sharedStride } from "./symmetric_product.ts";

/** Tensors that {@linkcode rayleighRitz} fills. */
export interface RitzPairs {
  /** `[images]` f32: multiple of the identity in what made `y`; then the one to take next. */
  readonly shifts: Tensor;
  /** `[images]` u32: 0 on entry, or the image is left out; `step` once its residuals are small. */
  readonly settled: Tensor<"u32">;
  /** `[images, block]` f32, descending. */
  readonly values: Tensor;
  /** `[images, block, block]` f32: the approximate eigenvectors are `x · rotation`. */
  readonly rotation: Tensor;
  /** `[images, count]` f32. */
  readonly residuals: Tensor;
}

/** Options of {@linkcode rayleighRitz}. */
export interface RayleighRitzOptions {
  /** Leading columns whose residuals are measured. */
  readonly count: number;
  /** What a settled image is marked with; at least 1. */
  readonly step: number;
  /** Bound for the next shift from below. */
  readonly leastShift: number;
  /** Largest residual of a settled image. */
  readonly tolerance: number;
}

/**
 * The best approximations to eigenvectors of a symmetric matrix within the span of `x`.
 *
 * Source: Golub and Van Loan 2013, §8.2.4; the small problem by Jacobi rotations, §8.5.
 *
 * @param x `[images, nodes, block]` f32 or `[1, nodes, block]`, columns orthonormal; those from
 * `nodes` on zero.
 * @param y `[images, nodes, block]` f32, the matrix, with `shifts` on its diagonal, times `x`.
 * @throws {ShapeError} when sizes disagree or the block has another width.
 */
export function rayleighRitz(
  gpu: Gpu,
  x: Tensor,
  y: Tensor,
  { shifts, settled, values, rotation, residuals }: RitzPairs,
  { count, step, leastShift, tolerance }: RayleighRitzOptions,
): void {
  const { images, nodes, block } = expectShape("rayleighRitz: y", y, "[images, nodes, block]");
  expectShape("rayleighRitz: x", x, `[images, ${nodes}, ${block}]`);
  expectShape("rayleighRitz: shifts", shifts, `[${images}]`);
  expectShape("rayleighRitz: values", values, `[${images}, ${block}]`);
  expectShape("rayleighRitz: rotation", rotation, `[${images}, ${block}, ${block}]`);
  expectShape("rayleighRitz: residuals", residuals, `[${images}, ${count}]`);
  const params = {
    nodes,
    x_stride: sharedStride("rayleighRitz: x", x, images) / 4,
    live: Math.min(nodes, block),
    count,
    residual_quads: 2 ** Math.ceil(Math.log2(Math.max(4, count) / 4)),
    step,
    tolerance,
    least_shift: leastShift,
  };
  gpu.run(rayleighRitzKernel, { x, y, shifts, settled, values, rotation, residuals, params }, {
    workgroups: [images],
    variants: { QUADS: quadsOf("rayleighRitz", block) },
  });
}

import { elements, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { clipToNormKernel } from "./clip_to_norm.gen.ts";
import { globalNorm } from "./sum.ts";

/**
 * Scales tensors in place so that their common Euclidean norm is at most `limit`, without a
 * readback: `x ← x · min(1, limit / (norm + 1e-6))`.
 *
 * Source: torch.nn.utils.clip_grad_norm_.
 *
 * @param tensors of any shapes, f32, overwritten. Each once.
 * @returns the norm before, `[1]` f32.
 * @throws {RangeError} when `limit` is not a positive number.
 */
export function clipToNorm(gpu: Gpu, tensors: readonly Tensor[], limit: number): Tensor {
  if (!(limit > 0 && limit < Infinity)) {
    throw new RangeError(`clipToNorm: limit must be a positive number, got ${limit}`);
  }
  const norm = globalNorm(gpu, tensors);
  for (const x of tensors) {
    const count = elements(x.shape);
    const { workgroups, row } = grid1d(count, clipToNormKernel.overrides.WORKGROUP);
    gpu.run(clipToNormKernel, { norm, x, params: { count, stride: row, limit } }, { workgroups });
  }
  return norm;
}

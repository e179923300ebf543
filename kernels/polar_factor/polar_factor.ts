import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { polarFactorKernel } from "./polar_factor.gen.ts";

/** Options of {@linkcode polarFactor}. */
export interface PolarFactorOptions {
  /** `[images]` u32: images with an entry other than 0 are left out. Default: none is. */
  readonly settled?: Tensor<"u32">;
  /** Where the result goes. Default: a new tensor. */
  readonly out?: Tensor;
}

/**
 * The orthogonal matrix nearest to each small matrix: U Vᵀ of its singular value decomposition
 * U diag(σ) Vᵀ. Pairs of singular vectors whose σ is 0, to 1e-6 of the largest, are left out: of a
 * matrix of rank r comes the partial isometry between its row and column spaces, and rows or
 * columns of zeros stay zero.
 *
 * Source: Golub and Van Loan 2013, §8.6.3 (one-sided Jacobi), §9.4.3 (polar decomposition).
 *
 * @param rows `[images, block, block]` f32; block 4, 8, 12 or 16; entries between 1e-18 and 1e18
 * in size where they are not 0.
 * @returns `[images, block, block]` f32.
 * @throws {ShapeError} when the matrices are not square or of another size.
 */
export function polarFactor(
  gpu: Gpu,
  rows: Tensor,
  { settled, out }: PolarFactorOptions = {},
): Tensor {
  const { images, block } = expectShape("polarFactor: rows", rows, "[images, block, block]");
  if (![4, 8, 12, 16].includes(block)) {
    throw new ShapeError(`polarFactor: the block must be 4, 8, 12 or 16, got ${block}`);
  }
  out ??= gpu.empty(rows.shape);
  settled ??= gpu.zeros([images], "u32");
  gpu.run(polarFactorKernel, { rows, settled, out }, {
    workgroups: [images],
    variants: { QUADS: block / 4 },
  });
  return out;
}

import { expectShape, type Gpu, reshape, ShapeError, type Tensor } from "@fiedler/gpu";
import { identity } from "./orthonormalise.ts";
import { rayleighRitz } from "./rayleigh_ritz.ts";
import { resizeMatrix } from "./resize_matrix.ts";
import { BLOCKS } from "./symmetric_product.ts";

/**
 * All eigenvalues and eigenvectors of small symmetric matrices, one workgroup each: the
 * Rayleigh-Ritz kernel with the identity for a basis.
 *
 * Source: Golub and Van Loan 2013, §8.5 (cyclic Jacobi, parallel ordering).
 *
 * @param matrices `[images, size, size]` f32, symmetric; size from 1 to 32.
 * @returns values `[images, size]` f32, descending, and vectors `[images, size, size]` f32 in
 * columns, of either sign.
 * @throws {ShapeError} when the matrices are not square or too large.
 */
export function jacobiEigen(gpu: Gpu, matrices: Tensor): { values: Tensor; vectors: Tensor } {
  const { images, size } = expectShape("jacobiEigen: matrices", matrices, "[images, size, size]");
  const block = BLOCKS.find((width) => width >= size);
  if (block === undefined || size < 1) {
    throw new ShapeError(`jacobiEigen: sizes from 1 to ${BLOCKS.at(-1)} are possible, got ${size}`);
  }
  return gpu.scope(() => {
    const ritz = {
      shifts: gpu.zeros([images]),
      settled: gpu.zeros([images], "u32"),
      values: gpu.empty([images, block]),
      rotation: gpu.empty([images, block, block]),
      residuals: gpu.empty([images, 1]),
    };
    const x = resizeMatrix(gpu, identity(gpu, block), size, block);
    const y = resizeMatrix(gpu, matrices, size, block);
    rayleighRitz(gpu, x, y, ritz, { count: 1, step: 1, leastShift: 0, tolerance: 0 });
    const values = resizeMatrix(gpu, reshape(ritz.values, [1, images, block]), images, size);
    return {
      values: reshape(values, [images, size]),
      vectors: resizeMatrix(gpu, ritz.rotation, size, size),
    };
  });
}

import { type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { normals } from "../random/philox.ts";
import { orthonormalise } from "./orthonormalise.ts";
import { rayleighRitz } from "./rayleigh_ritz.ts";
import { resizeMatrix } from "./resize_matrix.ts";
import { ritzVectorsKernel } from "./ritz_vectors.gen.ts";
import { BLOCKS, matrixOperator, quadsOf, type SymmetricOperator } from "./symmetric_product.ts";

/**
 * Least multiple of the identity that is added to the matrix while iterating; the kernel takes
 * more when the block shows more of the negative end of the spectrum. It evens out the two ends
 * of what is left in cosine graphs, -0.02 to 0.01: on our real keys it saves up to two thirds of
 * the steps (25 to 9). It is no 1 / integer, so that complete graphs, whose other eigenvalues
 * are -1 / (nodes - 1), stay regular.
 */
const LEAST_SHIFT = 2 / 257;

/** Options of {@linkcode topEigenvectors}. */
export interface TopEigenvectorsOptions {
  /** How many vectors; at most `block`. */
  readonly count: number;
  /**
   * Vectors iterated together: 4, 8, 16 or 32. Default: the first of 16 and 32 with ten to
   * spare, which is our choice: the spare ones are what makes it fast.
   */
  readonly block?: number;
  /**
   * Bound on the steps. Default, our choice: 40 up to six vectors, where real keys take 5 to 30; 60
   * up to ten; 250 for more, which reach into the bulk of the spectrum and take 10 to over 200.
   */
  readonly iterations?: number;
  /** An image is settled once all residuals are at most this. Default 2e-5, our choice. */
  readonly tolerance?: number;
  /** Seed of the start vectors. Default 0. */
  readonly seed?: number;
}

/** What {@linkcode topEigenvectors} finds. */
export interface Eigenvectors {
  /** `[images, nodes, count]` f32: unit vectors in columns, of either sign. */
  readonly vectors: Tensor;
  /** `[images, count]` f32: the largest eigenvalues, descending. */
  readonly values: Tensor;
  /** `[images, count]` f32: ‖a x − value x‖ of each. */
  readonly residuals: Tensor;
  /** `[images]` u32: steps until all residuals were small; 0 for an image that never settled. */
  readonly steps: Tensor<"u32">;
}

/**
 * Eigenvectors of the largest eigenvalues, by block power iteration with Rayleigh-Ritz: three
 * dispatches a step, no readback; images that have settled are skipped on the GPU. Where `count`
 * exceeds the number of nodes, the vectors that do not exist are zero, with value 0.
 *
 * Source: Golub and Van Loan 2013, §8.2.4.
 *
 * @param a `[images, nodes, nodes]` f32, symmetric, eigenvalues in [-1, 1] as of a normalised
 * affinity; or their products with vectors.
 * @throws {RangeError} when `count`, `block` or `iterations` is out of range.
 */
export function topEigenvectors(
  gpu: Gpu,
  a: Tensor | SymmetricOperator,
  {
    count,
    block = BLOCKS.find((size) => size >= 16 && size >= count + 10) ?? 32,
    iterations = count > 10 ? 250 : count > 6 ? 60 : 40,
    tolerance = 2e-5,
    seed = 0,
  }: TopEigenvectorsOptions,
): Eigenvectors {
  const { images, nodes, product } = "product" in a ? a : matrixOperator(gpu, a);
  quadsOf("topEigenvectors", block);
  requireWhole("count", count, block);
  requireWhole("iterations", iterations, Infinity);
  return gpu.scope(() => {
    const steps = gpu.zeros([images], "u32");
    const start = gpu.upload(normals(nodes * block, { seed }), [1, nodes, block]);
    const x = orthonormalise(gpu, start, { out: gpu.empty([images, nodes, block]) });
    const y = gpu.empty([images, nodes, block]);
    const shifts = gpu.upload(new Float32Array(images).fill(LEAST_SHIFT), [images]);
    const ritz = {
      shifts,
      settled: steps,
      values: gpu.empty([images, block]),
      rotation: gpu.empty([images, block, block]),
      residuals: gpu.empty([images, count]),
    };
    for (let step = 1; step <= iterations; step++) {
      if (step > 1) orthonormalise(gpu, y, { rotation: ritz.rotation, settled: steps, out: x });
      product(x, { shifts, settled: steps, out: y });
      rayleighRitz(gpu, x, y, ritz, { count, step, leastShift: LEAST_SHIFT, tolerance });
    }
    const vectors = gpu.empty([images, nodes, count]);
    gpu.run(ritzVectorsKernel, {
      x,
      rotation: ritz.rotation,
      vectors,
      params: { nodes, block, count },
    }, {
      workgroups: [Math.ceil(nodes * count / ritzVectorsKernel.overrides.WORKGROUP), images],
    });
    const values = resizeMatrix(gpu, reshape(ritz.values, [1, images, block]), images, count);
    return { vectors, values: reshape(values, [images, count]), residuals: ritz.residuals, steps };
  });
}

function requireWhole(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new RangeError(
    `topEigenvectors: ${name} must be a whole number from 1 to ${most}, got ${value}`,
  );
}

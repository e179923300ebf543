import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { layerNormKernel } from "./layer_norm.gen.ts";

/** Scale and shift of a layer norm. */
export interface LayerNormWeights {
  /** `[columns]` f32. */
  readonly weight: Tensor;
  /** `[columns]` f32. */
  readonly bias: Tensor;
}

/**
 * Normalises each row to mean 0 and variance 1, then scales and shifts each column.
 *
 * Source: Ba et al. 2016, arXiv 1607.06450, eq. 4.
 *
 * @param x `[rows, columns]` f32; columns a multiple of 4.
 * @param epsilon added to the variance. Default 1e-6: all the ViTs of the paper.
 * @returns `[rows, columns]` f32.
 * @throws {ShapeError} when sizes disagree or columns is not a multiple of 4.
 */
export function layerNorm(
  gpu: Gpu,
  x: Tensor,
  { weight, bias }: LayerNormWeights,
  epsilon = 1e-6,
): Tensor {
  const { rows, columns } = expectShape("layerNorm: x", x, "[rows, columns]");
  expectShape("layerNorm: weight", weight, `[${columns}]`);
  expectShape("layerNorm: bias", bias, `[${columns}]`);
  if (columns % 4 !== 0) {
    throw new ShapeError(`layerNorm: columns must be a multiple of 4, got ${columns}`);
  }
  const out = gpu.empty([rows, columns]);
  gpu.run(layerNormKernel, { x, weight, bias, out, params: { rows, columns, epsilon } }, {
    workgroups: [Math.ceil(rows / layerNormKernel.overrides.WORKGROUP)],
  });
  return out;
}

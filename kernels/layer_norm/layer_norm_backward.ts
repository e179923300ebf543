import { expectShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import { columnSums } from "../column_sums/column_sums.ts";
import { rowGrid, type RowGridOptions } from "../reduce/row_grid.ts";
import { layerNormBackwardKernel } from "./layer_norm_backward.gen.ts";
import { layerNormBackwardSumsKernel } from "./layer_norm_backward_sums.gen.ts";

/** Rows that one invocation adds up, enough of them to keep many busy. */
const SLICE_ROWS = 64;

/** What the forward pass was given. */
export interface LayerNormRecord {
  /** `[rows, columns]` f32. */
  readonly x: Tensor;
  /** `[columns]` f32. */
  readonly weight: Tensor;
}

/** Options of {@linkcode layerNormBackward}. */
export interface LayerNormBackwardOptions extends RowGridOptions {
  /** Of the forward pass. Default 1e-6. */
  readonly epsilon?: number;
}

/** Gradients of a layer norm. */
export interface LayerNormGradients {
  /** As `x`. */
  readonly dx: Tensor;
  /** `[columns]` f32. */
  readonly dWeight: Tensor;
  /** `[columns]` f32. */
  readonly dBias: Tensor;
}

/**
 * The gradient of `layerNorm` with respect to its input, weight and bias. Means and variances are
 * computed anew; sums over rows are made in stages of 64, in a fixed order.
 *
 * Source: Ba et al. 2016, arXiv 1607.06450, eq. 4, differentiated.
 *
 * @param dOut `[rows, columns]` f32; columns a multiple of 4.
 * @throws {ShapeError} when sizes disagree or columns is not a multiple of 4.
 */
export function layerNormBackward(
  gpu: Gpu,
  dOut: Tensor,
  { x, weight }: LayerNormRecord,
  { epsilon = 1e-6, lanes }: LayerNormBackwardOptions = {},
): LayerNormGradients {
  const { rows, columns } = expectShape("layerNormBackward: x", x, "[rows, columns]");
  expectShape("layerNormBackward: dOut", dOut, `[${rows}, ${columns}]`);
  expectShape("layerNormBackward: weight", weight, `[${columns}]`);
  if (columns % 4 !== 0) {
    throw new ShapeError(`layerNormBackward: columns must be a multiple of 4, got ${columns}`);
  }
  return gpu.scope(() => {
    const dx = gpu.empty([rows, columns]);
    const statistics = gpu.empty([rows, 2]);
    const { launch, across } = rowGrid(gpu, rows, { lanes });
    const params = { rows, columns, epsilon, across };
    gpu.run(layerNormBackwardKernel, { dOut, x, weight, dx, statistics, params }, launch);
    const slices = Math.max(1, Math.ceil(rows / SLICE_ROWS));
    const [dWeight, dBias] = [gpu.empty([slices, columns]), gpu.empty([slices, columns])];
    const quads = columns / 4;
    const count = slices * quads;
    const { workgroups, row } = grid1d(count, layerNormBackwardSumsKernel.overrides.WORKGROUP);
    gpu.run(layerNormBackwardSumsKernel, {
      ...{ dOut, x, statistics, dWeight, dBias },
      params: { count, row, rows, quads, sliceRows: SLICE_ROWS },
    }, { workgroups });
    return { dx, dWeight: columnSums(gpu, dWeight), dBias: columnSums(gpu, dBias) };
  });
}

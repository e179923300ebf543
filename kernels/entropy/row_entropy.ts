import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { rowGrid, type RowGridOptions } from "../reduce/row_grid.ts";
import { rowEntropyKernel } from "./row_entropy.gen.ts";

/** Options of {@linkcode rowEntropy}. */
export interface RowEntropyOptions extends RowGridOptions {
  /** Factor on the elements: makes sums distributions. Default 1. */
  readonly scale?: number;
}

/**
 * The entropy of each row in nats, −Σ p ln p; ln columns where all are alike.
 *
 * @param x `[rows, columns]` f32, distributions.
 * @returns `[rows]` f32.
 * @throws {ShapeError} when `x` is not a matrix.
 */
export function rowEntropy(
  gpu: Gpu,
  x: Tensor,
  { scale = 1, lanes }: RowEntropyOptions = {},
): Tensor {
  const { rows, columns } = expectShape("rowEntropy: x", x, "[rows, columns]");
  const out = gpu.empty([rows]);
  const { launch, across } = rowGrid(gpu, rows, { lanes });
  gpu.run(rowEntropyKernel, { x, out, params: { rows, columns, scale, across } }, launch);
  return out;
}

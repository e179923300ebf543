import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { rowGrid, type RowGridOptions } from "../reduce/row_grid.ts";
import { l2NormaliseBackwardKernel } from "./l2_normalise_backward.gen.ts";

/**
 * The gradient of `l2Normalise`: what of dOut is orthogonal to a row, over the row's length. Zeros for
 * a row of zeros.
 *
 * @param dOut `[rows, columns]` f32.
 * @param x As `dOut`: what was scaled to unit length.
 * @returns As `dOut`.
 * @throws {ShapeError} when sizes disagree.
 */
export function l2NormaliseBackward(
  gpu: Gpu,
  dOut: Tensor,
  x: Tensor,
  { lanes }: RowGridOptions = {},
): Tensor {
  const { rows, columns } = expectShape("l2NormaliseBackward: x", x, "[rows, columns]");
  expectShape("l2NormaliseBackward: dOut", dOut, `[${rows}, ${columns}]`);
  const dx = gpu.empty([rows, columns]);
  const { launch, across } = rowGrid(gpu, rows, { lanes });
  gpu.run(l2NormaliseBackwardKernel, { dOut, x, dx, params: { rows, columns, across } }, launch);
  return dx;
}

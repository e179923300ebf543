import { expectShape, formatShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { columnSums } from "../column_sums/column_sums.ts";
import { matmulSplits } from "../matmul/forms.ts";
import { matmulTransposed, quads } from "../matmul/matmul.ts";
import { matmulStrided } from "../matmul/strided.ts";
import { transpose } from "../transpose/transpose.ts";

/**
 * The gradient of a linear layer, x · weight + bias, with respect to its input: dOut · weightᵀ.
 *
 * @param dOut `[rows, to]` f32.
 * @param weight `[from, to]` f32.
 * @returns `[rows, from]` f32.
 * @throws {ShapeError} when sizes disagree.
 */
export const linearBackwardData = (gpu: Gpu, dOut: Tensor, weight: Tensor): Tensor =>
  matmulTransposed(gpu, dOut, weight);

/**
 * The gradient of a linear layer with respect to its weight: xᵀ · dOut, a long sum over the rows.
 * It is cut into as many parts as `matmulSplits` says, by sizes and the class of the adapter alone.
 *
 * @param x `[rows, from]` f32.
 * @param dOut `[rows, to]` f32; to a multiple of 4.
 * @returns `[from, to]` f32.
 * @throws {ShapeError} when sizes disagree, or `to` is not a multiple of 4.
 */
export function linearBackwardWeight(gpu: Gpu, x: Tensor, dOut: Tensor): Tensor {
  const { rows, from } = expectShape("linearBackwardWeight: x", x, "[rows, from]");
  const { to } = expectShape("linearBackwardWeight: dOut", dOut, `[${rows}, to]`);
  if (to % 4 !== 0 || rows === 0) {
    throw new ShapeError(
      `linearBackwardWeight: needs rows, and columns of dOut a multiple of 4, got ` +
        formatShape(dOut.shape),
    );
  }
  const dWeight = gpu.empty([from, to]);
  gpu.scope(() => {
    const inner = quads(rows);
    const a = transpose(gpu, x, { pitch: inner }); // [from, inner], zeros behind the rows
    matmulStrided(gpu, { a, b: dOut, out: dWeight }, {
      ...{ rows: from, columns: to, inner, bRows: rows },
      a: { row: inner },
      b: { row: to },
      out: { row: to },
      splits: matmulSplits(gpu, { rows: from, columns: to, inner }),
    });
  });
  return dWeight;
}

/**
 * The gradient of a linear layer with respect to its bias: the sum of each column.
 *
 * @param dOut `[rows, to]` f32; to a multiple of 4.
 * @returns `[to]` f32.
 * @throws {ShapeError} for other shapes.
 */
export const linearBackwardBias = (gpu: Gpu, dOut: Tensor): Tensor => columnSums(gpu, dOut);

import { expectShape, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { gatherRowsKernel } from "./gather_rows.gen.ts";
import { gatherRowsBackwardKernel } from "./gather_rows_backward.gen.ts";

/**
 * The rows of a matrix that an index names: the kernels that belong to the entries of a batch. Several
 * entries may name the same row.
 *
 * @param x `[rows, columns]` f32.
 * @param index row of each entry.
 * @returns `[entries, columns]` f32.
 * @throws {RangeError} when an index is not a row of `x`.
 */
export function gatherRows(gpu: Gpu, x: Tensor, index: readonly number[]): Tensor {
  const { rows, columns } = expectShape("gatherRows: x", x, "[rows, columns]");
  const count = index.length;
  return gpu.scope(() => {
    const out = gpu.empty([count, columns]);
    const { workgroups, row } = grid1d(count * columns, gatherRowsKernel.overrides.WORKGROUP);
    const params = { count, columns, stride: row };
    gpu.run(gatherRowsKernel, { x, index: uploadIndex(gpu, index, rows), out, params }, {
      workgroups,
    });
    return out;
  });
}

/**
 * Gradient of {@linkcode gatherRows}: the sum of the gradients of the entries that name a row, in
 * their order.
 *
 * @param dOut `[entries, columns]` f32, the gradient of its result.
 * @param index as it was given.
 * @param rows of its input.
 * @returns `[rows, columns]` f32, zero where no entry points.
 * @throws {ShapeError} when there are not as many entries as indices.
 * @throws {RangeError} when an index is not below `rows`.
 */
export function gatherRowsBackward(
  gpu: Gpu,
  dOut: Tensor,
  index: readonly number[],
  rows: number,
): Tensor {
  const count = index.length;
  const { columns } = expectShape("gatherRowsBackward: dOut", dOut, `[${count}, columns]`);
  return gpu.scope(() => {
    const dx = gpu.empty([rows, columns]);
    const { workgroups, row } = grid1d(
      rows * columns,
      gatherRowsBackwardKernel.overrides.WORKGROUP,
    );
    const params = { rows, count, columns, stride: row };
    gpu.run(gatherRowsBackwardKernel, { dOut, index: uploadIndex(gpu, index, rows), dx, params }, {
      workgroups,
    });
    return dx;
  });
}

function uploadIndex(gpu: Gpu, index: readonly number[], rows: number): Tensor<"u32"> {
  const wrong = index.find((row) => !(Number.isInteger(row) && row >= 0 && row < rows));
  if (wrong !== undefined) {
    throw new RangeError(`gatherRows: an index must be a row from 0 to ${rows - 1}, got ${wrong}`);
  }
  return index.length === 0
    ? gpu.empty([0], "u32")
    : gpu.upload(Uint32Array.from(index), [index.length]);
}

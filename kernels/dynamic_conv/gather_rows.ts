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
export function gatherRows(gpu: Gpu, x: Tensor, index: ArrayLike<number>): Tensor {
  const { rows, columns } = expectShape("gatherRows: x", x, "[rows, columns]");
  const count = index.length;
  expectRows(index, rows);
  return gpu.scope(() => {
    const out = gpu.empty([count, columns]);
    const { workgroups, row } = grid1d(count * columns, gatherRowsKernel.overrides.WORKGROUP);
    const params = { count, columns, stride: row };
    gpu.run(gatherRowsKernel, { x, index: uploadWords(gpu, index), out, params }, {
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
  index: ArrayLike<number>,
  rows: number,
): Tensor {
  const { columns } = expectShape(
    "gatherRowsBackward: dOut",
    dOut,
    `[${index.length}, columns]`,
  );
  expectRows(index, rows);
  const starts = new Uint32Array(rows + 1);
  for (let n = 0; n < index.length; n++) starts[index[n] + 1]++;
  for (let row = 0; row < rows; row++) starts[row + 1] += starts[row];
  const order = Array.from(index, (_, n) => n).sort((a, b) => index[a] - index[b]); // stable
  return gpu.scope(() => {
    const dx = gpu.empty([rows, columns]);
    const { workgroups, row } = grid1d(
      rows * columns,
      gatherRowsBackwardKernel.overrides.WORKGROUP,
    );
    gpu.run(gatherRowsBackwardKernel, {
      dOut,
      starts: gpu.upload(starts, [rows + 1]),
      order: uploadWords(gpu, order),
      dx,
      params: { rows, columns, stride: row },
    }, { workgroups });
    return dx;
  });
}

function expectRows(index: ArrayLike<number>, rows: number): void {
  const wrong = Array.from(index).find((row) => !(Number.isInteger(row) && row >= 0 && row < rows));
  if (wrong === undefined) return;
  throw new RangeError(`gatherRows: an index must be a row from 0 to ${rows - 1}, got ${wrong}`);
}

const uploadWords = (gpu: Gpu, words: ArrayLike<number>): Tensor<"u32"> =>
  words.length === 0 ? gpu.empty([0], "u32") : gpu.upload(Uint32Array.from(words), [words.length]);

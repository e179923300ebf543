import { expectShape, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { expectQuads } from "../conv2d/windows.ts";
import { columnSumsKernel } from "./column_sums.gen.ts";

/** Rows that one invocation adds up, enough of them to keep many busy. */
const SLICE_ROWS = 64;

/**
 * The sum of each column, in stages of 64 rows: the gradient of a bias, or the last step of a sum
 * that was cut into slices. The order is fixed, so the same input gives the same bytes.
 *
 * @param x `[rows, columns]` f32; columns a multiple of 4.
 * @returns `[columns]` f32.
 * @throws {ShapeError} for other shapes.
 */
export function columnSums(gpu: Gpu, x: Tensor): Tensor {
  const { rows, columns } = expectShape("columnSums: x", x, "[rows, columns]");
  expectQuads("columnSums", { columns });
  const slices = Math.ceil(rows / SLICE_ROWS);
  if (slices <= 1) return { ...sumSlices(gpu, x, Math.max(rows, 1)), shape: [columns] };
  return gpu.scope(() => columnSums(gpu, sumSlices(gpu, x, SLICE_ROWS)));
}

/** One stage: `[⌈rows / sliceRows⌉, columns]`, at least one row. */
function sumSlices(gpu: Gpu, x: Tensor, sliceRows: number): Tensor {
  const [rows, columns] = x.shape;
  const slices = Math.max(1, Math.ceil(rows / sliceRows));
  const out = gpu.empty([slices, columns]);
  const quads = columns / 4;
  const count = slices * quads;
  const { workgroups, row } = grid1d(count, columnSumsKernel.overrides.WORKGROUP);
  const params = { count, row, rows, quads, sliceRows };
  gpu.run(columnSumsKernel, { x, out, params }, { workgroups });
  return out;
}

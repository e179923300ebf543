import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { resizeMatrixKernel } from "./resize_matrix.gen.ts";

/**
 * Matrices cut, or padded with zeros, to other sizes: the upper left part stays where it is.
 *
 * @param x `[images, rows, columns]` f32.
 * @returns `[images, outRows, outColumns]` f32.
 */
export function resizeMatrix(
  gpu: Gpu,
  x: Tensor,
  outRows: number,
  outColumns: number,
): Tensor {
  const { images, rows, columns } = expectShape("resizeMatrix: x", x, "[images, rows, columns]");
  const out = gpu.empty([images, outRows, outColumns]);
  const params = { rows, columns, out_rows: outRows, out_columns: outColumns };
  gpu.run(resizeMatrixKernel, { x, out, params }, {
    workgroups: [
      Math.ceil(outRows * outColumns / resizeMatrixKernel.overrides.WORKGROUP),
      images,
    ],
  });
  return out;
}

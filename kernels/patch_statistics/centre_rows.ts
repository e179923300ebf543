import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { centreRowsKernel } from "./centre_rows.gen.ts";

/**
 * Rows less the mean row of their image.
 *
 * @param x `[images, rows, columns]` f32; images and columns ≤ 65535.
 * @returns `[images, rows, columns]` f32, whose columns sum to 0 within rounding.
 * @throws {ShapeError} when `x` is not of that form.
 */
export function centreRows(gpu: Gpu, x: Tensor): Tensor {
  const { images, rows, columns } = expectShape("centreRows: x", x, "[images, rows, columns]");
  const out = gpu.empty([images, rows, columns]);
  gpu.run(centreRowsKernel, { x, out, params: { rows, columns } }, {
    workgroups: [columns, images],
  });
  return out;
}

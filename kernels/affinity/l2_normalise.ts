import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { l2NormaliseKernel } from "./l2_normalise.gen.ts";
import { l2NormaliseQuadsKernel } from "./l2_normalise_quads.gen.ts";
import { quadRowLaunch, type RowLanes, rowLaunch } from "./row_launch.ts";

/**
 * Scales each row to unit length; a row of zeros stays.
 *
 * @param x `[rows, columns]` f32; lengths from 1e-18 to 1e18.
 * @returns `[rows, columns]` f32.
 * @throws {ShapeError} when `x` is not a matrix.
 */
export function l2Normalise(gpu: Gpu, x: Tensor, { lanes }: RowLanes = {}): Tensor {
  const { rows, columns } = expectShape("l2Normalise: x", x, "[rows, columns]");
  const out = gpu.empty([rows, columns]);
  const args = { x, out, params: { rows, columns } };
  const quads = lanes === undefined && quadRowLaunch(gpu, rows, columns);
  if (quads) gpu.run(l2NormaliseQuadsKernel, args, quads);
  else gpu.run(l2NormaliseKernel, args, rowLaunch(gpu, rows, lanes));
  return out;
}

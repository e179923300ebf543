import { elements, expectShape, formatShape, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { movingAverageKernel } from "./moving_average.gen.ts";

/**
 * Moves an average towards a tensor, in place: `average ← keep · average + (1 − keep) · x`.
 *
 * @param average of any shape, f32, overwritten.
 * @param x As `average`.
 * @param keep share of the average that stays, from 0 to 1.
 * @throws {ShapeError} when the shapes differ.
 * @throws {RangeError} when `keep` is not from 0 to 1.
 */
export function movingAverage(gpu: Gpu, average: Tensor, x: Tensor, keep: number): void {
  expectShape("movingAverage: x", x, formatShape(average.shape));
  if (!(keep >= 0 && keep <= 1)) {
    throw new RangeError(`movingAverage: keep must be a number from 0 to 1, got ${keep}`);
  }
  const quads = Math.ceil(elements(x.shape) / 4);
  const { workgroups, row } = grid1d(quads, movingAverageKernel.overrides.WORKGROUP);
  const params = { quads, stride: row, keep, rest: 1 - keep };
  gpu.run(movingAverageKernel, { x, average, params }, { workgroups });
}

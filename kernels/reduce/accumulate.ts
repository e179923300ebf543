import { elements, formatShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import { addToKernel } from "./add_to.gen.ts";

/**
 * Adds a tensor to another in place.
 *
 * @param total of any shape, f32, overwritten by `total + x`.
 * @param x f32, of the shape of `total`.
 * @throws {ShapeError} when the shapes differ.
 */
export function addTo(gpu: Gpu, total: Tensor, x: Tensor): void {
  if (formatShape(x.shape) !== formatShape(total.shape)) {
    throw new ShapeError(
      `addTo: x must be ${formatShape(total.shape)} as the total, got ${formatShape(x.shape)}`,
    );
  }
  const quads = Math.ceil(elements(x.shape) / 4);
  const { workgroups, row } = grid1d(quads, addToKernel.overrides.WORKGROUP);
  gpu.run(addToKernel, { x, total, params: { quads, stride: row } }, { workgroups });
}

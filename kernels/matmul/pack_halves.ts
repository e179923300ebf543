import { elements, formatShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import { packHalvesKernel } from "./pack_halves.gen.ts";

/**
 * A matrix in half precision, for the right operand of a product: half the memory to read. A
 * multiplication by it needs no feature of the adapter and still adds up in f32.
 *
 * Each value is off by at most 2^-11 of itself where the adapter rounds to nearest, and by 2^-10
 * where it does not; below 2^-14 by at most 2^-14, and beyond ±65504 it is lost.
 *
 * @param x f32 of any shape, rows of a multiple of 4.
 * @returns f16 of the same shape.
 * @throws {ShapeError} when the last axis is not a multiple of 4.
 */
export function packHalves(gpu: Gpu, x: Tensor): Tensor<"f16"> {
  if (x.shape.length === 0 || x.shape.at(-1)! % 4 !== 0) {
    throw new ShapeError(
      `packHalves: the last axis must be a multiple of 4, got ${formatShape(x.shape)}`,
    );
  }
  const out = gpu.empty(x.shape, "f16");
  const words = elements(x.shape) / 2;
  const { workgroups, row } = grid1d(words, packHalvesKernel.overrides.WORKGROUP);
  const halves: Tensor<"u32"> = { ...out, dtype: "u32", shape: [words] };
  gpu.run(packHalvesKernel, { x, halves, params: { words, row } }, { workgroups });
  return out;
}

import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { maskOverlapsKernel } from "./mask_overlaps.gen.ts";

/**
 * How many pixels every two masks share; on the diagonal their own.
 *
 * @param bits `[words, pitch]` u32, bit masks side by side; pitch a multiple of 4.
 * @param masks how many of the columns are masks; what is in the others does not matter.
 * @returns `[masks, masks]` u32.
 * @throws {ShapeError} when the pitch is no multiple of 4, or below the number of masks.
 */
export function maskOverlaps(gpu: Gpu, bits: Tensor<"u32">, masks: number): Tensor<"u32"> {
  const { words, pitch } = expectShape("maskOverlaps: bits", bits, "[words, pitch]");
  if (pitch % 4 !== 0 || pitch < masks) {
    throw new ShapeError(
      `maskOverlaps: pitch must be a multiple of 4 from ${masks} masks on, got ${pitch}`,
    );
  }
  const overlaps = gpu.empty([masks, masks], "u32");
  const quads = Math.ceil(masks / 4);
  const { WORKGROUP } = maskOverlapsKernel.overrides;
  const params = { masks, words, quads: pitch / 4 };
  gpu.run(maskOverlapsKernel, { bits, overlaps, params }, {
    workgroups: [Math.ceil(quads / WORKGROUP), quads],
  });
  return overlaps;
}

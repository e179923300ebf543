import { elements, type Gpu, type Tensor } from "@fiedler/gpu";
import { notFiniteKernel } from "./not_finite.gen.ts";

/** What {@linkcode firstNotFinite} holds for a tensor whose elements are all finite. */
export const ALL_FINITE = 0xffffffff;

const MAX_GROUPS = 256;

/**
 * Which of many tensors hold an infinity or NaN, for one readback.
 *
 * @param tensors of any shapes, f32; at least one.
 * @returns `[tensors]` u32: an index of an element that is not finite, the lowest of the tensor;
 * {@linkcode ALL_FINITE} where there is none.
 * @throws {RangeError} without tensors.
 */
export function firstNotFinite(gpu: Gpu, tensors: readonly Tensor[]): Tensor<"u32"> {
  if (tensors.length === 0) throw new RangeError("firstNotFinite: needs at least one tensor");
  const first = gpu.upload(new Uint32Array(tensors.length).fill(ALL_FINITE), [tensors.length]);
  tensors.forEach((tensor, index) => {
    const count = elements(tensor.shape);
    const groups = Math.min(MAX_GROUPS, Math.ceil(count / notFiniteKernel.overrides.WORKGROUP));
    const x: Tensor<"u32"> = { ...tensor, dtype: "u32" };
    const stride = groups * notFiniteKernel.overrides.WORKGROUP;
    gpu.run(notFiniteKernel, { x, first, params: { count, tensor: index, stride } }, {
      workgroups: [groups],
    });
  });
  return first;
}

import { elements, expectShape, formatShape, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { addKernel } from "./add.gen.ts";
import { reluBackwardKernel } from "./relu_backward.gen.ts";

/**
 * The sum of two tensors; its adjoint hands `dOut` to both.
 *
 * @param a f32 of any shape.
 * @param b As `a`.
 * @returns As `a`.
 * @throws {ShapeError} when the shapes differ.
 */
export function add(gpu: Gpu, a: Tensor, b: Tensor): Tensor {
  expectShape("add: b", b, formatShape(a.shape));
  const out = gpu.empty(a.shape);
  const { workgroups, ...params } = quadGrid(a, addKernel.overrides.WORKGROUP);
  gpu.run(addKernel, { a, b, out, params }, { workgroups });
  return out;
}

/**
 * The gradient behind a ReLU: `dOut` where its output is positive, 0 elsewhere.
 *
 * @param dOut f32 of any shape.
 * @param out As `dOut`: what the ReLU gave, not what it was given.
 * @returns As `dOut`.
 * @throws {ShapeError} when the shapes differ.
 */
export function reluBackward(gpu: Gpu, dOut: Tensor, out: Tensor): Tensor {
  expectShape("reluBackward: out", out, formatShape(dOut.shape));
  const dx = gpu.empty(dOut.shape);
  const { workgroups, ...params } = quadGrid(dOut, reluBackwardKernel.overrides.WORKGROUP);
  gpu.run(reluBackwardKernel, { dOut, out, dx, params }, { workgroups });
  return dx;
}

/** Launch of one invocation per quad; every tensor's memory ends on a whole one. */
function quadGrid({ shape }: Tensor, workgroup: number) {
  const quads = Math.ceil(elements(shape) / 4);
  return { quads, ...grid1d(quads, workgroup) };
}

import { elements, expectShape, formatShape, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { geluKernel } from "./gelu.gen.ts";
import { geluBackwardKernel } from "./gelu_backward.gen.ts";

/**
 * Exact GELU, x Φ(x), by itself: where its input is kept for {@linkcode geluBackward}. Behind a
 * product of inference, `matmul` applies it at no cost.
 *
 * Source: Hendrycks and Gimpel 2016, arXiv 1606.08415.
 *
 * @param x f32 of any shape.
 * @returns As `x`.
 */
export function gelu(gpu: Gpu, x: Tensor): Tensor {
  const out = gpu.empty(x.shape);
  const { workgroups, ...params } = quadGrid(x, geluKernel.overrides.WORKGROUP);
  gpu.run(geluKernel, { x, out, params }, { workgroups });
  return out;
}

/**
 * The gradient of {@linkcode gelu}: dOut (Φ(x) + x φ(x)).
 *
 * @param dOut f32 of any shape.
 * @param x As `dOut`: what the GELU was given.
 * @returns As `dOut`.
 * @throws {ShapeError} when the shapes differ.
 */
export function geluBackward(gpu: Gpu, dOut: Tensor, x: Tensor): Tensor {
  expectShape("geluBackward: x", x, formatShape(dOut.shape));
  const dx = gpu.empty(dOut.shape);
  const { workgroups, ...params } = quadGrid(dOut, geluBackwardKernel.overrides.WORKGROUP);
  gpu.run(geluBackwardKernel, { dOut, x, dx, params }, { workgroups });
  return dx;
}

/** Launch of one invocation per quad; every tensor's memory ends on a whole one. */
function quadGrid({ shape }: Tensor, workgroup: number) {
  const quads = Math.ceil(elements(shape) / 4);
  return { quads, ...grid1d(quads, workgroup) };
}

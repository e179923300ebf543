import { elements, expectShape, formatShape, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { sumRows } from "../reduce/sum.ts";
import { squaredErrorKernel } from "./squared_error.gen.ts";
import { squaredErrorBackwardKernel } from "./squared_error_backward.gen.ts";

/** Workgroups of the first stage at most, and elements per invocation before another one pays. */
const MAX_PARTIALS = 256;
const ELEMENTS_EACH = 16;

/**
 * The mean of the squared differences of all elements.
 *
 * @param x f32 of any shape with at least one element.
 * @param wanted As `x`.
 * @returns `[1]` f32.
 * @throws {ShapeError} when the shapes differ.
 * @throws {RangeError} when there are no elements.
 */
export function meanSquaredError(gpu: Gpu, x: Tensor, wanted: Tensor): Tensor {
  const count = expectAlike("meanSquaredError", x, wanted);
  const { WORKGROUP } = squaredErrorKernel.overrides;
  const groups = Math.min(MAX_PARTIALS, Math.ceil(count / WORKGROUP / ELEMENTS_EACH));
  return gpu.scope(() => {
    const out = gpu.empty([1, groups]);
    const params = { count, stride: groups * WORKGROUP };
    gpu.run(squaredErrorKernel, { x, wanted, out, params }, { workgroups: [groups] });
    return sumRows(gpu, out, 1 / count);
  });
}

/**
 * The gradient of {@linkcode meanSquaredError} with respect to `x`: 2 (x − wanted) / elements.
 *
 * @returns As `x`.
 * @throws {ShapeError} when the shapes differ.
 * @throws {RangeError} when there are no elements.
 */
export function meanSquaredErrorBackward(gpu: Gpu, x: Tensor, wanted: Tensor): Tensor {
  const count = expectAlike("meanSquaredErrorBackward", x, wanted);
  const dx = gpu.empty(x.shape);
  const quads = Math.ceil(count / 4);
  const { workgroups, row } = grid1d(quads, squaredErrorBackwardKernel.overrides.WORKGROUP);
  const params = { quads, row, factor: 2 / count };
  gpu.run(squaredErrorBackwardKernel, { x, wanted, dx, params }, { workgroups });
  return dx;
}

/** Number of elements. */
function expectAlike(where: string, x: Tensor, wanted: Tensor): number {
  expectShape(`${where}: wanted`, wanted, formatShape(x.shape));
  const count = elements(x.shape);
  if (count === 0) throw new RangeError(`${where}: x has no elements`);
  return count;
}

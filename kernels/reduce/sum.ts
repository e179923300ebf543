import { elements, expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { partialSumsKernel } from "./partial_sums.gen.ts";
import { sumRowsKernel } from "./sum_rows.gen.ts";

/** Workgroups of the first stage at most: enough to fill a GPU, few for the second stage. */
const MAX_PARTIALS = 256;

/** Elements per invocation of the first stage before another workgroup pays. */
const ELEMENTS_EACH = 16;

/**
 * Sum of all elements, times a factor, in two stages of fixed order.
 *
 * @param x of any shape, f32.
 * @param scale factor on the sum. Default 1.
 * @returns `[1]` f32.
 */
export function sum(gpu: Gpu, x: Tensor, scale = 1): Tensor {
  return gpu.scope(() => {
    const count = partialCount(x);
    const partials = gpu.empty([1, count]);
    runPartialSums(gpu, x, partials, { first: 0, square: false });
    return sumRows(gpu, partials, scale);
  });
}

/**
 * Mean of all elements.
 *
 * @param x of any shape with at least one element, f32.
 * @returns `[1]` f32.
 * @throws {RangeError} when `x` is empty.
 */
export function mean(gpu: Gpu, x: Tensor): Tensor {
  const count = elements(x.shape);
  if (count === 0) throw new RangeError("mean: x has no elements");
  return sum(gpu, x, 1 / count);
}

/**
 * Sum of each row, times a factor.
 *
 * @param x `[rows, columns]` f32; rows ≤ 65535.
 * @param scale factor on the sums. Default 1.
 * @returns `[rows]` f32.
 * @throws {ShapeError} when `x` is not a matrix.
 */
export function sumRows(gpu: Gpu, x: Tensor, scale = 1): Tensor {
  const { rows, columns } = expectShape("sumRows: x", x, "[rows, columns]");
  const out = gpu.empty([rows]);
  gpu.run(sumRowsKernel, { x, out, params: { columns, scale } }, { workgroups: [rows] });
  return out;
}

/**
 * The Euclidean norm of many tensors taken as one vector, without a readback.
 *
 * @param tensors of any shapes, f32.
 * @returns `[1]` f32; infinite where the squares overflow f32.
 */
export function globalNorm(gpu: Gpu, tensors: readonly Tensor[]): Tensor {
  return gpu.scope(() => {
    const counts = tensors.map(partialCount);
    const total = counts.reduce((a, b) => a + b, 0);
    const partials = gpu.empty([1, total]);
    let first = 0;
    tensors.forEach((x, i) => {
      runPartialSums(gpu, x, partials, { first, square: true });
      first += counts[i];
    });
    const out = gpu.empty([1]);
    gpu.run(sumRowsKernel, { x: partials, out, params: { columns: total, scale: 1 } }, {
      workgroups: [1],
      overrides: { ROOT: 1 },
    });
    return out;
  });
}

function partialCount(x: Tensor): number {
  const each = partialSumsKernel.overrides.WORKGROUP * ELEMENTS_EACH;
  return Math.min(MAX_PARTIALS, Math.max(1, Math.ceil(elements(x.shape) / each)));
}

function runPartialSums(
  gpu: Gpu,
  x: Tensor,
  out: Tensor,
  { first, square }: { readonly first: number; readonly square: boolean },
): void {
  const groups = partialCount(x);
  const stride = groups * partialSumsKernel.overrides.WORKGROUP;
  gpu.run(partialSumsKernel, { x, out, params: { count: elements(x.shape), first, stride } }, {
    workgroups: [groups],
    overrides: { SQUARE: square ? 1 : 0 },
  });
}

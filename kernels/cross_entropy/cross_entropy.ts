import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { rowGrid, type RowGridOptions } from "../reduce/row_grid.ts";
import { sum } from "../reduce/sum.ts";
import { crossEntropyKernel } from "./cross_entropy.gen.ts";
import { crossEntropyBackwardKernel } from "./cross_entropy_backward.gen.ts";

/** The index of no row of the targets. */
export const NO_TARGET = 0xffffffff;

/** What logits are held against. */
export interface CrossEntropyTargets {
  /** `[sources, columns]` f32, distributions. */
  readonly targets: Tensor;
  /** `[rows, 2]` u32: the rows of `targets` whose sum is a row's target, or {@linkcode NO_TARGET}. */
  readonly pairs: Tensor<"u32">;
}

/** Options of {@linkcode crossEntropy} and its gradient. */
export interface CrossEntropyOptions extends RowGridOptions {
  /** What logits are divided by. */
  readonly temperature: number;
  /** Factor on the sum over all rows. */
  readonly scale: number;
}

/**
 * −scale · Σ_i Σ_j q[i, j] log softmax(x[i, :] / temperature)[j], where q is the sum of one or two
 * distributions a row: what one view is to say of several others.
 *
 * @param x `[rows, columns]` f32, logits.
 * @returns `[1]` f32.
 * @throws {ShapeError} when sizes disagree.
 * @throws {RangeError} when the temperature is not positive.
 */
export function crossEntropy(
  gpu: Gpu,
  x: Tensor,
  { targets, pairs }: CrossEntropyTargets,
  { temperature, scale, lanes }: CrossEntropyOptions,
): Tensor {
  const sizes = expectLogits("crossEntropy", x, { targets, pairs }, temperature);
  return gpu.scope(() => {
    const out = gpu.empty([sizes.rows]);
    const { launch, across } = rowGrid(gpu, sizes.rows, { lanes });
    gpu.run(crossEntropyKernel, { x, targets, pairs, out, params: { ...sizes, across } }, launch);
    return sum(gpu, out, scale);
  });
}

/**
 * The gradient of {@linkcode crossEntropy} with respect to the logits, `scale` included.
 *
 * @returns As `x`.
 * @throws {ShapeError} when sizes disagree.
 * @throws {RangeError} when the temperature is not positive.
 */
export function crossEntropyBackward(
  gpu: Gpu,
  x: Tensor,
  { targets, pairs }: CrossEntropyTargets,
  { temperature, scale, lanes }: CrossEntropyOptions,
): Tensor {
  const sizes = expectLogits("crossEntropyBackward", x, { targets, pairs }, temperature);
  const dx = gpu.empty(x.shape);
  const { launch, across } = rowGrid(gpu, sizes.rows, { lanes });
  const params = { ...sizes, factor: scale / temperature, across };
  gpu.run(crossEntropyBackwardKernel, { x, targets, pairs, dx, params }, launch);
  return dx;
}

function expectLogits(
  where: string,
  x: Tensor,
  { targets, pairs }: CrossEntropyTargets,
  temperature: number,
) {
  const { rows, columns } = expectShape(`${where}: x`, x, "[rows, columns]");
  const { sources } = expectShape(`${where}: targets`, targets, `[sources, ${columns}]`);
  expectShape(`${where}: pairs`, pairs, `[${rows}, 2]`);
  if (!(temperature > 0)) {
    throw new RangeError(`${where}: temperature must be a positive number, got ${temperature}`);
  }
  return { rows, columns, sources, sharpness: 1 / temperature };
}

import { elements, formatShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import * as kernels from "@fiedler/kernels";
import { dynamicConvBackward, gatherRowsBackward } from "@fiedler/kernels/training";
import type { Tape } from "./tape.ts";

/**
 * Matrices, or stacks of anything, one below the other: the cells of all levels as one list.
 *
 * @param parts `[rows, …]` f32, alike but for their rows; at least one.
 * @returns `[all rows, …]` f32.
 * @throws {ShapeError} when there is none, or the rows differ in shape.
 */
export function concatRows(tape: Tape, parts: readonly Tensor[]): Tensor {
  const { gpu } = tape;
  const shapes = parts.map(({ shape }) => shape);
  const rowShape = formatShape(shapes[0]?.slice(1) ?? []);
  if (!shapes.every((s) => s.length > 0 && formatShape(s.slice(1)) === rowShape) || !shapes[0]) {
    const came = shapes.map(formatShape).join(", ") || "none";
    throw new ShapeError(`concatRows: parts must be alike but for their rows, got ${came}`);
  }
  const rows = shapes.reduce((sum, [count]) => sum + count, 0);
  const out = gpu.empty([rows, ...shapes[0].slice(1)]);
  const starts = shapes.map((_, i) => shapes.slice(0, i).reduce((at, s) => at + elements(s), 0));
  parts.forEach((part, i) => gpu.copy(part, out, starts[i]));
  return tape.record(
    out,
    parts,
    (dOut) =>
      parts.map((part, i) => tape.tracks(part) ? cut(gpu, dOut, starts[i], part.shape) : null),
  );
}

/** A copy of the elements of `x` from `start` on. */
function cut(gpu: Gpu, x: Tensor, start: number, shape: readonly number[]): Tensor {
  const out = gpu.empty(shape);
  gpu.copy({ ...x, offset: x.offset + 4 * start, shape }, out);
  return out;
}

/**
 * The rows of a matrix that an index names: the kernels of the cells that masks are asked of.
 *
 * @param x `[rows, columns]` f32.
 * @param index row of each entry; several may name one.
 * @returns `[entries, columns]` f32.
 * @throws {RangeError} when an index is not a row of `x`.
 */
export function gatherRows(tape: Tape, x: Tensor, index: readonly number[]): Tensor {
  const { gpu } = tape;
  const out = kernels.gatherRows(gpu, x, index);
  return tape.record(
    out,
    [x],
    (dOut) => [gatherRowsBackward(gpu, dOut, index, x.shape[0])],
  );
}

/**
 * Mask logits: the product of each entry's kernel with the features of every pixel of its image.
 *
 * @param entries `[entries, channels]` f32, in the order of their images; channels a multiple of 4.
 * @param features `[images, height, width, channels]` f32; height × width a multiple of 4.
 * @param counts how many entries each image has.
 * @returns `[entries, height, width]` f32.
 * @throws {ShapeError} when sizes disagree.
 */
export function dynamicConv(
  tape: Tape,
  entries: Tensor,
  features: Tensor,
  counts: readonly number[],
): Tensor {
  const { gpu } = tape;
  const out = kernels.dynamicConv(gpu, entries, features, counts);
  return tape.record(out, [entries, features], (dOut) => {
    const found = dynamicConvBackward(gpu, dOut, entries, features, counts);
    return [found.dKernels, found.dFeatures];
  });
}

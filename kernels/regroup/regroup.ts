import { elements, expectShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import { regroupKernel } from "./regroup.gen.ts";

/** Where {@linkcode regroup} finds what it puts in order: sizes, and steps in elements. */
export interface Regrouping {
  /** Matrices of the result. */
  readonly images: number;
  /** Rows of each. */
  readonly rows: number;
  /** Columns of each. */
  readonly columns: number;
  /** Place of the first element. Default 0. */
  readonly base?: number;
  /** From one matrix to the next. */
  readonly image: number;
  /** From one row to the next. */
  readonly row: number;
  /** Columns that stand side by side, a whole number of times in `columns`. Default: all. */
  readonly width?: number;
  /** From one such group to the next. Default: `width`. */
  readonly group?: number;
}

/**
 * Matrices whose rows and groups of columns lie apart, put together: heads side by side, channels
 * last, rows or columns left out.
 *
 * @param x f32 of any shape.
 * @param term `[rows, columns]` f32, added to each matrix. Default: nothing is.
 * @returns `[images, rows, columns]` f32.
 * @throws {ShapeError} when the steps lead out of `x`, groups do not fill the columns, or the term
 * has another shape.
 */
export function regroup(
  gpu: Gpu,
  x: Tensor,
  { images, rows, columns, base = 0, image, row, width = columns, group = width }: Regrouping,
  term?: Tensor,
): Tensor {
  if (columns % width !== 0) {
    throw new ShapeError(`regroup: ${columns} columns are no whole number of groups of ${width}`);
  }
  const last = base + (images - 1) * image + (rows - 1) * row + (columns / width - 1) * group +
    width - 1;
  if (last >= elements(x.shape)) {
    throw new ShapeError(`regroup: element ${last} is asked for, x has ${elements(x.shape)}`);
  }
  if (term) expectShape("regroup: term", term, `[${rows}, ${columns}]`);
  return gpu.scope(() => {
    const none: Tensor = gpu.empty([1]);
    const out = gpu.empty([images, rows, columns]);
    const count = images * rows * columns;
    const { workgroups, row: lane } = grid1d(count, regroupKernel.overrides.WORKGROUP);
    const params = {
      ...{ count, lane, rows, columns, terms: term ? 1 : 0 },
      ...{ base, image, row, width, group },
    };
    gpu.run(regroupKernel, { x, term: term ?? none, out, params }, { workgroups });
    return out;
  });
}

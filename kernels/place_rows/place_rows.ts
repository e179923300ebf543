import { expectShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import { columnSums } from "../column_sums/column_sums.ts";
import { placeRowsKernel } from "./place_rows.gen.ts";

/** The source of a row that is filled. */
export const FILLED = 0xffffffff;

/** Which row goes where, on the host and on the GPU: made once, for both directions. */
export interface Placement {
  /** Rows of the input. */
  readonly rows: number;
  /** Rows of the output. */
  readonly count: number;
  /** `[count]` u32: row of the input, or {@linkcode FILLED}. */
  readonly source: Tensor<"u32">;
  /** `[rows]` u32: row of the output, or {@linkcode FILLED} where an input goes nowhere. */
  readonly target: Tensor<"u32">;
  /** `[filled]` u32: rows of the output that are filled. */
  readonly filled: Tensor<"u32">;
}

/**
 * Uploads a placement.
 *
 * @param source of each row of the output: a row of the input, each at most once, or
 * {@linkcode FILLED}.
 * @param rows of the input.
 * @throws {RangeError} when a source is no row of the input, or one is used twice.
 */
export function makePlacement(gpu: Gpu, source: Uint32Array, rows: number): Placement {
  const target = new Uint32Array(rows).fill(FILLED);
  const filled: number[] = [];
  source.forEach((from, to) => {
    if (from === FILLED) {
      filled.push(to);
      return;
    }
    if (from >= rows || target[from] !== FILLED) {
      throw new RangeError(
        `makePlacement: each source must be FILLED or one of ${rows} rows, each once, got ${from} ` +
          `for row ${to}`,
      );
    }
    target[from] = to;
  });
  const words = (values: Uint32Array): Tensor<"u32"> =>
    gpu.upload(Uint32Array.from(values), [values.length]);
  return {
    rows,
    count: source.length,
    source: words(source),
    target: words(target),
    filled: words(Uint32Array.from(filled)),
  };
}

/** What {@linkcode placeRows} does besides placing. */
export interface PlaceRowsOptions {
  /** `[columns]` f32, what fills. Default: zeros. */
  readonly fill?: Tensor;
  /** `[period, columns]` f32, added to each row by its place modulo period. Default: none. */
  readonly table?: Tensor;
}

/**
 * Rows in another order, with others between them that are all alike: class tokens before patches,
 * mask tokens where patches are hidden.
 *
 * @param x `[rows, columns]` f32; columns a multiple of 4.
 * @returns `[count, columns]` f32.
 * @throws {ShapeError} when sizes disagree, or columns is not a multiple of 4.
 */
export function placeRows(
  gpu: Gpu,
  x: Tensor,
  placement: Placement,
  { fill, table }: PlaceRowsOptions = {},
): Tensor {
  const { columns } = expectShape("placeRows: x", x, `[${placement.rows}, columns]`);
  if (columns % 4 !== 0) {
    throw new ShapeError(`placeRows: columns must be a multiple of 4, got ${columns}`);
  }
  if (fill) expectShape("placeRows: fill", fill, `[${columns}]`);
  if (table) expectShape("placeRows: table", table, `[${table.shape[0]}, ${columns}]`);
  const { count, rows, source } = placement;
  const out = gpu.empty([count, columns]);
  const quads = columns / 4;
  const { workgroups, row } = grid1d(count * quads, placeRowsKernel.overrides.WORKGROUP);
  const params = { count, stride: row, rows, quads, period: table?.shape[0] ?? 1 };
  gpu.scope(() => {
    const filling = fill ?? gpu.zeros([columns]);
    gpu.run(placeRowsKernel, { x, fill: filling, source, table: table ?? filling, out, params }, {
      workgroups,
      overrides: { TABLE: table ? 1 : 0 },
      unread: table ? [] : ["table"],
    });
  });
  return out;
}

/**
 * The gradient of {@linkcode placeRows} with respect to its input, or what it does backwards: each row
 * from where it was placed, zeros for one that went nowhere.
 *
 * @param dOut `[count, columns]` f32.
 * @returns `[rows, columns]` f32.
 * @throws {ShapeError} when sizes disagree.
 */
export function placeRowsBackward(gpu: Gpu, dOut: Tensor, placement: Placement): Tensor {
  return placeRows(gpu, dOut, reversed(placement));
}

/**
 * The gradient of {@linkcode placeRows} with respect to what fills: the sum of the rows that it
 * filled, in a fixed order.
 *
 * @param dOut `[count, columns]` f32.
 * @returns `[columns]` f32.
 * @throws {ShapeError} when sizes disagree.
 */
export function placeRowsBackwardFill(gpu: Gpu, dOut: Tensor, placement: Placement): Tensor {
  const { count, filled } = placement;
  return gpu.scope(() => {
    const chosen = { rows: count, count: filled.shape[0], source: filled, target: filled, filled };
    return columnSums(gpu, placeRows(gpu, dOut, chosen));
  });
}

const reversed = ({ rows, count, source, target, filled }: Placement): Placement => ({
  rows: count,
  count: rows,
  source: target,
  target: source,
  filled,
});

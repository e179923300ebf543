import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { transposeKernel } from "./transpose.gen.ts";

/** Elements that an invocation moves: `LENGTH` of transpose.wgsl. */
const LENGTH = 4;

/** Options of {@linkcode transpose}. */
export interface TransposeOptions {
  /** Length of the rows of the result; zeros fill what exceeds the input's rows. */
  readonly pitch?: number;
}

/**
 * Transposes a matrix or each matrix of a batch.
 *
 * @param x `[rows, columns]` or `[images, rows, columns]` f32; columns ≤ 65535.
 * @returns `[columns, pitch]` or `[images, columns, pitch]` f32.
 * @throws {ShapeError} for other axes, or a pitch below the number of rows.
 */
export function transpose(gpu: Gpu, x: Tensor, { pitch }: TransposeOptions = {}): Tensor {
  const batch = x.shape.length === 3;
  const { images, rows, columns } = batch
    ? expectShape("transpose: x", x, "[images, rows, columns]")
    : { images: 1, ...expectShape("transpose: x", x, "[rows, columns]") };
  const length = pitch ?? rows;
  if (length < rows) throw new ShapeError(`transpose: pitch ${length} is below ${rows} rows`);
  const out = gpu.empty(batch ? [images, columns, length] : [columns, length]);
  transposeStrided(gpu, x, out, {
    rows,
    columns,
    pitch: length,
    images,
    image: rows * columns,
    row: columns,
  });
  return out;
}

/** Sizes and strides of {@linkcode transposeStrided}, in elements. */
export interface StridedTranspose {
  readonly rows: number;
  readonly columns: number;
  readonly pitch: number;
  readonly images: number;
  readonly heads?: number;
  readonly base?: number;
  readonly image: number;
  readonly head?: number;
  readonly row: number;
}

/** Transposes matrices from anywhere in `x` into `out`, `[images · heads, columns, pitch]`. */
export function transposeStrided(
  gpu: Gpu,
  x: Tensor,
  out: Tensor,
  { rows, columns, pitch, images, heads = 1, base = 0, image, head = 0, row }: StridedTranspose,
): void {
  const params = {
    rows,
    columns,
    pitch,
    heads,
    xBase: base,
    xImage: image,
    xHead: head,
    xRow: row,
  };
  // No wider than a row of the result, so that few rows leave no invocation idle.
  const WORKGROUP_X = Math.min(64, 2 ** Math.ceil(Math.log2(Math.max(pitch, 1))));
  const WORKGROUP_Y = 64 / WORKGROUP_X;
  gpu.run(transposeKernel, { x, out, params }, {
    workgroups: [
      Math.ceil(pitch / WORKGROUP_X),
      Math.ceil(columns / (LENGTH * WORKGROUP_Y)),
      images * heads,
    ],
    overrides: { WORKGROUP_X, WORKGROUP_Y },
  });
}

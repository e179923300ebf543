import { type AnyTensor, formatShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { transpose } from "../transpose/transpose.ts";
import type { MatmulForm } from "./forms.ts";
import { type Epilogue, matmulStrided } from "./strided.ts";

/** Options of {@linkcode matmul}. */
export interface MatmulOptions extends Epilogue {
  /** Parts of the inner side, as of `matmulStrided`. Default 1. */
  readonly splits?: number;
  /** For tests and tuning. Default: by adapter. */
  readonly form?: MatmulForm;
}

/**
 * Matrix product, of single matrices or of a batch: `scale · a · b`, then bias, GELU, residual, ReLU.
 * Sizes may be ragged; operands whose rows are not a multiple of 4 long are padded first.
 *
 * @param a `[rows, inner]` or `[images, rows, inner]` f32.
 * @param b `[inner, columns]`, shared by all images, or `[images, inner, columns]`: f32, or f16 as
 * {@linkcode packHalves} makes it.
 * @returns `[rows, columns]` or `[images, rows, columns]` f32.
 * @throws {ShapeError} when sizes disagree.
 *
 * @example
 * ```ts
 * import { Gpu } from "@fiedler/gpu";
 * import { matmul } from "@fiedler/kernels";
 * import assert from "node:assert/strict";
 *
 * const gpu = await Gpu.open();
 * const a = gpu.upload(Float32Array.of(1, 2, 3, 4), [2, 2]);
 * const b = gpu.upload(Float32Array.of(5, 6), [2, 1]);
 * assert.deepEqual([...await gpu.read(matmul(gpu, a, b))], [17, 39]);
 * gpu.close();
 * ```
 */
export function matmul(
  gpu: Gpu,
  a: Tensor,
  b: Tensor | Tensor<"f16">,
  options: MatmulOptions = {},
): Tensor {
  const [images, rows, inner] = asBatch("a", a);
  const [bImages, bInner, columns] = asBatch("b", b);
  if (inner !== bInner || (bImages !== images && b.shape.length === 3)) {
    throw new ShapeError(
      `matmul: inner sizes must match, got ${formatShape(a.shape)} × ${formatShape(b.shape)}`,
    );
  }
  expectEpilogue(options, a.shape, columns);
  const out = gpu.empty([...a.shape.slice(0, -1), columns]);
  gpu.scope(() => {
    const left = padColumns(gpu, a);
    const right = b.dtype === "f16" ? b : padColumns(gpu, b);
    const [aRow, bRow] = [left, right].map(({ shape }) => shape.at(-1)!);
    matmulStrided(gpu, { a: left, b: right, out }, {
      ...options,
      rows,
      columns,
      inner: aRow,
      bRows: inner,
      images,
      a: { image: rows * aRow, row: aRow },
      b: { image: b.shape.length === 3 ? inner * bRow : 0, row: bRow },
      out: { image: rows * columns, row: columns },
      residualLayout: { image: rows * columns, row: columns },
    });
  });
  return out;
}

/**
 * Product with the transpose of the second operand, `a · bᵀ`: similarities of rows.
 *
 * @param a `[rows, inner]` or `[images, rows, inner]` f32.
 * @param b `[columns, inner]` or `[images, columns, inner]` f32.
 * @returns `[rows, columns]` or `[images, rows, columns]` f32.
 * @throws {ShapeError} when sizes disagree.
 */
export function matmulTransposed(
  gpu: Gpu,
  a: Tensor,
  b: Tensor,
  options: MatmulOptions = {},
): Tensor {
  const [images, rows, inner] = asBatch("a", a);
  const [bImages, columns, bInner] = asBatch("b", b);
  if (inner !== bInner || bImages !== images) {
    throw new ShapeError(
      `matmulTransposed: inner sizes must match, got ` +
        `${formatShape(a.shape)} × ${formatShape(b.shape)}ᵀ`,
    );
  }
  expectEpilogue(options, a.shape, columns);
  const out = gpu.empty([...a.shape.slice(0, -1), columns]);
  gpu.scope(() => {
    const left = padColumns(gpu, a);
    const right = transpose(gpu, b, { pitch: quads(columns) }); // [images, inner, pitch]
    const aRow = left.shape.at(-1)!;
    matmulStrided(gpu, { a: left, b: right, out }, {
      ...options,
      rows,
      columns,
      inner: aRow,
      bRows: inner,
      images,
      a: { image: rows * aRow, row: aRow },
      b: { image: inner * quads(columns), row: quads(columns) },
      out: { image: rows * columns, row: columns },
      residualLayout: { image: rows * columns, row: columns },
    });
  });
  return out;
}

/** Rounded up to whole quads of four. */
export const quads = (size: number): number => Math.ceil(size / 4) * 4;

/** The same matrix with zeros behind each row up to a multiple of 4; itself when it fits. */
function padColumns(gpu: Gpu, x: Tensor): Tensor {
  const [images, rows, columns] = asBatch("x", x);
  if (columns % 4 === 0) return x;
  // Transposed twice: rare, and simpler than a kernel of its own.
  const turned = transpose(gpu, x, { pitch: rows });
  return transpose(gpu, { ...turned, shape: [images, columns, rows] }, { pitch: quads(columns) });
}

function asBatch(name: string, { shape }: AnyTensor): [number, number, number] {
  if (shape.length === 2) return [1, shape[0], shape[1]];
  if (shape.length === 3) return [shape[0], shape[1], shape[2]];
  throw new ShapeError(`matmul: ${name} must have 2 or 3 axes, got ${formatShape(shape)}`);
}

function expectEpilogue(
  { bias, residual }: Epilogue,
  aShape: readonly number[],
  columns: number,
): void {
  if (bias && formatShape(bias.shape) !== `[${columns}]`) {
    throw new ShapeError(`matmul: bias must be [${columns}], got ${formatShape(bias.shape)}`);
  }
  const wanted = formatShape([...aShape.slice(0, -1), columns]);
  if (residual && formatShape(residual.shape) !== wanted) {
    throw new ShapeError(`matmul: residual must be ${wanted}, got ${formatShape(residual.shape)}`);
  }
}

import { expectShape, formatShape, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { expectQuads } from "../conv2d/windows.ts";
import { subsampleKernel } from "./subsample.gen.ts";
import { subsampleBackwardKernel } from "./subsample_backward.gen.ts";

/**
 * Every second row and column, from the first on.
 *
 * Source: Lin et al. 2017 (FPN), arXiv 1612.03144, footnote 2: the coarsest level of the pyramid.
 *
 * @param x `[images, rows, columns, channels]` f32; channels a multiple of 4.
 * @returns `[images, ⌈rows / 2⌉, ⌈columns / 2⌉, channels]` f32.
 * @throws {ShapeError} for other shapes.
 */
export function subsample(gpu: Gpu, x: Tensor): Tensor {
  const { images, rows, columns, channels } = expectShape(
    "subsample: x",
    x,
    "[images, rows, columns, channels]",
  );
  expectQuads("subsample", { channels });
  const shape = [images, Math.ceil(rows / 2), Math.ceil(columns / 2), channels];
  const out = gpu.empty(shape);
  const quads = channels / 4;
  const count = shape[0] * shape[1] * shape[2] * quads;
  const { workgroups, row } = grid1d(count, subsampleKernel.overrides.WORKGROUP);
  const params = { count, row, rows, columns, quads };
  gpu.run(subsampleKernel, { x, out, params }, { workgroups });
  return out;
}

/**
 * Adjoint of {@linkcode subsample}: the gradient at even rows and columns, 0 elsewhere.
 *
 * @param dOut `[images, ⌈rows / 2⌉, ⌈columns / 2⌉, channels]` f32.
 * @param size `[rows, columns]` of the input.
 * @returns dx, `[images, rows, columns, channels]` f32.
 * @throws {ShapeError} when `dOut` does not fit the size.
 */
export function subsampleBackward(
  gpu: Gpu,
  dOut: Tensor,
  [rows, columns]: readonly [rows: number, columns: number],
): Tensor {
  const [outRows, outColumns] = [Math.ceil(rows / 2), Math.ceil(columns / 2)];
  const [images, , , channels] = dOut.shape;
  const wanted = formatShape([images, outRows, outColumns, channels]);
  expectShape("subsampleBackward: dOut", dOut, wanted);
  expectQuads("subsampleBackward", { channels });
  const dx = gpu.empty([images, rows, columns, channels]);
  const quads = channels / 4;
  const count = images * rows * columns * quads;
  const { workgroups, row } = grid1d(count, subsampleBackwardKernel.overrides.WORKGROUP);
  const params = { count, row, rows, columns, quads };
  gpu.run(subsampleBackwardKernel, { dOut, dx, params }, { workgroups });
  return dx;
}

import { expectShape, formatShape, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { expectQuads } from "../conv2d/windows.ts";
import { doubleNearestKernel } from "./double_nearest.gen.ts";
import { doubleNearestBackwardKernel } from "./double_nearest_backward.gen.ts";
import { expectSides } from "./resize.ts";
import { resizeBilinearBackwardKernel } from "./resize_bilinear_backward.gen.ts";
import { resizeBilinearNhwcKernel } from "./resize_bilinear_nhwc.gen.ts";

const FEATURES = "[images, rows, columns, channels]";

/**
 * Feature maps at another size, linear between the centres of the pixels, without antialiasing.
 *
 * Source: torch's `interpolate` with mode "bilinear", `align_corners=False`.
 *
 * @param features `[images, rows, columns, channels]` f32; channels a multiple of 4.
 * @param size `[rows, columns]` of the result, any ratio.
 * @returns `[images, ...size, channels]` f32.
 * @throws {ShapeError} for other shapes.
 * @throws {RangeError} when a side is not 1 … 32767.
 */
export function resizeBilinearNhwc(
  gpu: Gpu,
  features: Tensor,
  [outRows, outColumns]: readonly [rows: number, columns: number],
): Tensor {
  const name = "resizeBilinearNhwc";
  const { images, rows, columns, channels } = expectShape(`${name}: features`, features, FEATURES);
  expectQuads(name, { channels });
  expectSides(name, [rows, columns, outRows, outColumns]);
  const out = gpu.empty([images, outRows, outColumns, channels]);
  const quads = channels / 4;
  const count = images * outRows * outColumns * quads;
  const { workgroups, row } = grid1d(count, resizeBilinearNhwcKernel.overrides.WORKGROUP);
  const params = { count, row, rows, columns, outRows, outColumns, quads };
  gpu.run(resizeBilinearNhwcKernel, { features, out, params }, { workgroups });
  return out;
}

/**
 * Adjoint of {@linkcode resizeBilinearNhwc}: each pixel of the input gathers the gradients of the
 * outputs that read it, by the same weights.
 *
 * @param dOut `[images, outRows, outColumns, channels]` f32; channels a multiple of 4.
 * @param size `[rows, columns]` of the input.
 * @returns dx, `[images, ...size, channels]` f32.
 * @throws {ShapeError} for other shapes.
 * @throws {RangeError} when a side is not 1 … 32767.
 */
export function resizeBilinearBackward(
  gpu: Gpu,
  dOut: Tensor,
  [rows, columns]: readonly [rows: number, columns: number],
): Tensor {
  const name = "resizeBilinearBackward";
  const { images, outRows, outColumns, channels } = expectShape(
    `${name}: dOut`,
    dOut,
    "[images, outRows, outColumns, channels]",
  );
  expectQuads(name, { channels });
  expectSides(name, [rows, columns, outRows, outColumns]);
  const dx = gpu.empty([images, rows, columns, channels]);
  const quads = channels / 4;
  gpu.scope(() => {
    const between = gpu.empty([images, rows, outColumns, channels]);
    const inner = outColumns * quads;
    backwardAlong(gpu, dOut, between, { outer: images, size: rows, outSize: outRows, inner });
    const outer = images * rows;
    backwardAlong(gpu, between, dx, { outer, size: columns, outSize: outColumns, inner: quads });
  });
  return dx;
}

function backwardAlong(
  gpu: Gpu,
  dOut: Tensor,
  dx: Tensor,
  axis: { outer: number; size: number; outSize: number; inner: number },
): void {
  const { outer, size, outSize, inner } = axis;
  const count = outer * size * inner;
  const { workgroups, row } = grid1d(count, resizeBilinearBackwardKernel.overrides.WORKGROUP);
  const params = { count, row, size, outSize, inner };
  gpu.run(resizeBilinearBackwardKernel, { dOut, dx, params }, { workgroups });
}

/**
 * Feature maps with each pixel doubled along both axes.
 *
 * Source: Lin et al. 2017 (FPN), arXiv 1612.03144, §3, the top-down pathway.
 *
 * @param features `[images, rows, columns, channels]` f32; channels a multiple of 4.
 * @returns `[images, 2 · rows, 2 · columns, channels]` f32.
 * @throws {ShapeError} for other shapes.
 */
export function doubleNearest(gpu: Gpu, features: Tensor): Tensor {
  const name = "doubleNearest";
  const { images, rows, columns, channels } = expectShape(`${name}: features`, features, FEATURES);
  expectQuads(name, { channels });
  const out = gpu.empty([images, 2 * rows, 2 * columns, channels]);
  const quads = channels / 4;
  const count = images * rows * columns * quads * 4;
  const { workgroups, row } = grid1d(count, doubleNearestKernel.overrides.WORKGROUP);
  gpu.run(doubleNearestKernel, { features, out, params: { count, row, columns, quads } }, {
    workgroups,
  });
  return out;
}

/**
 * Adjoint of {@linkcode doubleNearest}: the sum of each block of 2 × 2.
 *
 * @param dOut `[images, 2 · rows, 2 · columns, channels]` f32; channels a multiple of 4.
 * @returns dx, `[images, rows, columns, channels]` f32.
 * @throws {ShapeError} for other shapes, odd sides among them.
 */
export function doubleNearestBackward(gpu: Gpu, dOut: Tensor): Tensor {
  const name = "doubleNearestBackward";
  const { images, outRows, outColumns, channels } = expectShape(
    `${name}: dOut`,
    dOut,
    "[images, outRows, outColumns, channels]",
  );
  const [rows, columns] = [Math.floor(outRows / 2), Math.floor(outColumns / 2)];
  expectShape(`${name}: dOut`, dOut, formatShape([images, 2 * rows, 2 * columns, channels]));
  expectQuads(name, { channels });
  const dx = gpu.empty([images, rows, columns, channels]);
  const quads = channels / 4;
  const count = images * rows * columns * quads;
  const { workgroups, row } = grid1d(count, doubleNearestBackwardKernel.overrides.WORKGROUP);
  gpu.run(doubleNearestBackwardKernel, { dOut, dx, params: { count, row, columns, quads } }, {
    workgroups,
  });
  return dx;
}

import { expectShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import { expectQuads, windowCount } from "../conv2d/windows.ts";
import { maxPoolKernel } from "./max_pool.gen.ts";

/** Options of {@linkcode maxPool}, the same for both axes. */
export interface MaxPoolOptions {
  /** Side of a window in pixels. */
  readonly size: number;
  /** Pixels from one window to the next. */
  readonly stride: number;
  /** Pixels by which windows may lie outside; at most half of `size`. Default 0. */
  readonly padding?: number;
}

/**
 * The largest value of each channel in each window.
 *
 * Source: torch's `max_pool2d`.
 *
 * @param x `[images, height, width, channels]` f32 of finite values; channels a multiple of 4.
 * @returns `[images, outHeight, outWidth, channels]` f32, where
 *   `outHeight = ⌊(height + 2 · padding − size) / stride⌋ + 1`.
 * @throws {ShapeError} for other shapes, padding above half a window, or no window that fits.
 * @throws {RangeError} when size or stride is not a whole number from 1 on, or padding from 0.
 */
export function maxPool(
  gpu: Gpu,
  x: Tensor,
  { size, stride, padding = 0 }: MaxPoolOptions,
): Tensor {
  const { images, height, width, channels } = expectShape(
    "maxPool: x",
    x,
    "[images, height, width, channels]",
  );
  expectQuads("maxPool", { channels });
  const windows = { size, stride, padding, dilation: 1 };
  const outHeight = windowCount("maxPool", height, windows);
  const outWidth = windowCount("maxPool", width, windows);
  if (padding > size / 2) {
    throw new ShapeError(`maxPool: padding ${padding} is more than half a window of ${size}`);
  }
  const out = gpu.empty([images, outHeight, outWidth, channels]);
  const quads = channels / 4;
  const count = images * outHeight * outWidth * quads;
  const { workgroups, row } = grid1d(count, maxPoolKernel.overrides.WORKGROUP);
  const params = {
    ...{ count, row, quads, height, width, outHeight, outWidth },
    ...{ size, stride, padding },
  };
  gpu.run(maxPoolKernel, { input: x, out, params }, { workgroups });
  return out;
}

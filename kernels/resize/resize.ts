import { expectShape, type Gpu, type Kernel, MAX_WORKGROUPS, type Tensor } from "@fiedler/gpu";
import { type ResizeBilinearArgs, resizeBilinearKernel } from "./resize_bilinear.gen.ts";
import { resizeNearestKernel } from "./resize_nearest.gen.ts";

/** Largest side: (2 × side + 1) × side stays within 32 bits. */
const MAX_SIDE = 32767;

/**
 * Pictures at another size, each pixel from the cell that holds its upper left corner.
 *
 * Source: torch's `interpolate` with mode "nearest", by whole numbers.
 *
 * @param image `[images, channels, rows, columns]` f32.
 * @param size `[rows, columns]` of the result, any ratio.
 * @returns `[images, channels, ...size]` f32.
 * @throws {ShapeError} when `image` has another shape.
 * @throws {RangeError} when a side is not 1 … 32767.
 */
export function resizeNearest(
  gpu: Gpu,
  image: Tensor,
  size: readonly [rows: number, columns: number],
): Tensor {
  return resize("resizeNearest", resizeNearestKernel, gpu, image, size);
}

/**
 * Pictures at another size, linear between the centres of the pixels, without antialiasing.
 *
 * Source: torch's `interpolate` with mode "bilinear", `align_corners=False`.
 *
 * @param image `[images, channels, rows, columns]` f32.
 * @param size `[rows, columns]` of the result, any ratio.
 * @returns `[images, channels, ...size]` f32.
 * @throws {ShapeError} when `image` has another shape.
 * @throws {RangeError} when a side is not 1 … 32767.
 */
export function resizeBilinear(
  gpu: Gpu,
  image: Tensor,
  size: readonly [rows: number, columns: number],
): Tensor {
  return resize("resizeBilinear", resizeBilinearKernel, gpu, image, size);
}

function resize(
  name: string,
  kernel: Kernel<ResizeBilinearArgs>,
  gpu: Gpu,
  image: Tensor,
  [outRows, outColumns]: readonly [rows: number, columns: number],
): Tensor {
  const { images, channels, rows, columns } = expectShape(
    `${name}: image`,
    image,
    "[images, channels, rows, columns]",
  );
  expectSides(name, [rows, columns, outRows, outColumns]);
  const planes = images * channels;
  if (planes > MAX_WORKGROUPS) {
    throw new RangeError(`${name}: images × channels must be ≤ ${MAX_WORKGROUPS}, got ${planes}`);
  }
  const out = gpu.empty([images, channels, outRows, outColumns]);
  const { TILE } = kernel.overrides;
  gpu.run(
    kernel,
    { image, out, params: { rows, columns, out_rows: outRows, out_columns: outColumns } },
    { workgroups: [Math.ceil(outColumns / TILE), Math.ceil(outRows / TILE), planes] },
  );
  return out;
}

/** Checks the sides of an operation's input and output. */
export function expectSides(name: string, sides: readonly number[]): void {
  for (const side of sides) {
    if (Number.isInteger(side) && side >= 1 && side <= MAX_SIDE) continue;
    throw new RangeError(`${name}: sides must be whole numbers 1 … ${MAX_SIDE}, got ${side}`);
  }
}

import { expectShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import { expectQuads } from "../conv2d/windows.ts";
import { addCoordinatesKernel } from "./add_coordinates.gen.ts";
import { dropChannelsKernel } from "./drop_channels.gen.ts";

/** Channels that {@linkcode addCoordinates} adds: x, y and two zeros, to stay in quads of four. */
export const COORDINATE_CHANNELS = 4;

/**
 * Tells each pixel where it is: behind the channels come x and y, from −1 at the centre of the first
 * column and row to 1 at that of the last (−1 where there is one alone), then two zeros.
 *
 * Source: Wang et al. 2020 (SOLO), arXiv 1912.04488, §3.2, after Liu et al. 2018 (CoordConv).
 *
 * @param features `[images, rows, columns, channels]` f32; channels a multiple of 4.
 * @returns `[images, rows, columns, channels + 4]` f32.
 * @throws {ShapeError} for other shapes.
 */
export function addCoordinates(gpu: Gpu, features: Tensor): Tensor {
  const { images, rows, columns, channels } = expectShape(
    "addCoordinates: features",
    features,
    "[images, rows, columns, channels]",
  );
  expectQuads("addCoordinates", { channels });
  const out = gpu.empty([images, rows, columns, channels + COORDINATE_CHANNELS]);
  const quads = channels / 4;
  const count = images * rows * columns * (quads + 1);
  const { workgroups, row } = grid1d(count, addCoordinatesKernel.overrides.WORKGROUP);
  const params = { count, row, rows, columns, quads };
  gpu.run(addCoordinatesKernel, { features, out, params }, { workgroups });
  return out;
}

/**
 * Adjoint of {@linkcode addCoordinates}: coordinates are constants, so their gradient is dropped.
 *
 * @param dOut `[images, rows, columns, channels + 4]` f32; channels a multiple of 4.
 * @returns `[images, rows, columns, channels]` f32.
 * @throws {ShapeError} for other shapes.
 */
export function addCoordinatesBackward(gpu: Gpu, dOut: Tensor): Tensor {
  const { images, rows, columns, all } = expectShape(
    "addCoordinatesBackward: dOut",
    dOut,
    "[images, rows, columns, all]",
  );
  const channels = all - COORDINATE_CHANNELS;
  if (channels < 4 || channels % 4 !== 0) {
    throw new ShapeError(
      `addCoordinatesBackward: dOut needs 4 channels more than a multiple of 4, got ${all}`,
    );
  }
  const out = gpu.empty([images, rows, columns, channels]);
  const quads = channels / 4;
  const count = images * rows * columns * quads;
  const { workgroups, row } = grid1d(count, dropChannelsKernel.overrides.WORKGROUP);
  const params = { count, row, quads, dropped: COORDINATE_CHANNELS / 4 };
  gpu.run(dropChannelsKernel, { x: dOut, out, params }, { workgroups });
  return out;
}

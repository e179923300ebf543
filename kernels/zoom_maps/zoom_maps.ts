import { expectShape, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { expectQuads } from "../conv2d/windows.ts";
import { zoomMapsKernel } from "./zoom_maps.gen.ts";

/**
 * A window of each map, enlarged to the size of the map: linear between the centres of pixels.
 *
 * @param maps `[images, rows, columns, channels]` f32; channels a multiple of 4.
 * @param windows `[images, 4]` f32: top, left, height and width, each as a share of the map's side.
 * @returns as `maps`.
 * @throws {ShapeError} when there is not a window for each map, or channels are no multiple of 4.
 */
export function zoomMaps(gpu: Gpu, maps: Tensor, windows: Tensor): Tensor {
  const { images, rows, columns, channels } = expectShape(
    "zoomMaps: maps",
    maps,
    "[images, rows, columns, channels]",
  );
  expectQuads("zoomMaps", { channels });
  expectShape("zoomMaps: windows", windows, `[${images}, 4]`);
  const out = gpu.empty(maps.shape);
  const quads = channels / 4;
  const count = images * rows * columns * quads;
  const { workgroups, row } = grid1d(count, zoomMapsKernel.overrides.WORKGROUP);
  const params = { count, row, rows, columns, quads };
  gpu.run(zoomMapsKernel, { maps, windows, out, params }, { workgroups });
  return out;
}

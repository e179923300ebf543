import { elements, type Tensor } from "@fiedler/gpu";
import type { Layers } from "@fiedler/models";
import type { SegmenterConfig } from "./config.ts";
import type { PictureSize } from "./fitted_picture.ts";
import { makeNetwork } from "./make_network.ts";
import type { MapSource } from "./network.ts";

/**
 * Arithmetic of the network's convolutions for one picture, a multiply-add counted as two: all of it
 * but some hundredths. The masks of cells that are kept come on top, 2 · maskChannels a pixel of each.
 *
 * @param size `[height, width]` with padding, multiples of the network's.
 */
export function networkFlops(
  config: SegmenterConfig,
  source: Pick<MapSource, "strides" | "channels">,
  size: PictureSize,
): number {
  const network = makeNetwork(config, source, ({ shape }) => shaped(shape));
  const maps = source.strides.map((stride, i) =>
    shaped([1, size[0] / stride, size[1] / stride, source.channels[i]])
  );
  let flops = 0;
  network.forward(shapeLayers((count) => flops += count), maps);
  return flops;
}

/** A shape without a buffer. */
const shaped = (shape: readonly number[]): Tensor => ({ shape } as unknown as Tensor);

/** Layers that know the shapes of their outputs, and tell the arithmetic of convolutions. */
function shapeLayers(tell: (flops: number) => void): Layers {
  return {
    conv(x, { weight }, { stride = 1, padding = 0 } = {}) {
      const [images, rows, columns] = x.shape;
      const [kernelRows, kernelColumns, , outChannels] = weight.shape;
      const count = (length: number, taps: number) =>
        Math.floor((length + 2 * padding - taps) / stride) + 1;
      const size = [count(rows, kernelRows), count(columns, kernelColumns)];
      tell(2 * images * size[0] * size[1] * elements(weight.shape));
      return shaped([images, ...size, outChannels]);
    },
    deconv({ shape: [images, rows, columns] }, weight) {
      const [side, , outChannels] = weight.shape;
      tell(2 * images * rows * columns * elements(weight.shape));
      return shaped([images, side * rows, side * columns, outChannels]);
    },
    groupNormRelu: (x) => x,
    resizeBilinear: ({ shape: [images, , , channels] }, size) =>
      shaped([images, ...size, channels]),
    doubleNearest: ({ shape: [images, rows, columns, channels] }) =>
      shaped([images, 2 * rows, 2 * columns, channels]),
    addCoordinates: ({ shape: [images, rows, columns, channels] }) =>
      shaped([images, rows, columns, channels + 4]),
    add: (a) => a,
    subsample: ({ shape: [images, rows, columns, channels] }) =>
      shaped([images, Math.ceil(rows / 2), Math.ceil(columns / 2), channels]),
    planes: ({ shape: [images, rows, columns] }, count) => shaped([count, images, rows, columns]),
    scope: (body) => body(),
  };
}

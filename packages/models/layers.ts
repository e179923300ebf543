import { type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import {
  add,
  addCoordinates,
  conv2d,
  conv2dBackwardData,
  doubleNearest,
  groupNorm,
  type GroupNormWeights,
  resizeBilinearNhwc,
  subsample,
  transpose,
} from "@fiedler/kernels";

/** `[rows, columns]` of a feature map. */
export type MapSize = readonly [rows: number, columns: number];

/** Weight and bias of a convolution. */
export interface ConvParameters {
  /** `[kernelHeight, kernelWidth, channels, outChannels]` f32; channels are multiples of 4. */
  readonly weight: Tensor;
  /** `[outChannels]` f32; null where a norm behind it would take it away again. */
  readonly bias: Tensor | null;
}

/** How the windows of {@linkcode Layers.conv} lie, and what is added. */
export interface ConvLayerOptions {
  /** Pixels from one window to the next. Default 1. */
  readonly stride?: number;
  /** Zeros on each side. Default 0. */
  readonly padding?: number;
  /** As the output: added to it. */
  readonly residual?: Tensor;
}

/**
 * What heads of networks are made of, on feature maps `[images, rows, columns, channels]` f32 with
 * channels in multiples of 4. A head that is written in these runs for inference
 * ({@linkcode inferenceLayers}) and, recorded on a tape, for training.
 */
export interface Layers {
  /** Convolution: `[images, outRows, outColumns, outChannels]`. */
  conv(x: Tensor, parameters: ConvParameters, options?: ConvLayerOptions): Tensor;
  /**
   * Transposed convolution without overlap: each pixel becomes a square of the kernel's side,
   * `[images, side · rows, side · columns, outChannels]`. No bias: a norm stands behind it.
   *
   * @param weight `[side, side, outChannels, channels]` f32, that of the convolution of stride
   *   `side` whose gradient it is.
   */
  deconv(x: Tensor, weight: Tensor): Tensor;
  /** max(group norm of `x`, 0), as `x`. */
  groupNormRelu(x: Tensor, weights: GroupNormWeights, groups: number): Tensor;
  /** Linear between the centres of pixels, without antialiasing: `[images, ...size, channels]`. */
  resizeBilinear(x: Tensor, size: MapSize): Tensor;
  /** Each pixel doubled along both axes: `[images, 2 · rows, 2 · columns, channels]`. */
  doubleNearest(x: Tensor): Tensor;
  /** x, y and two zeros behind the channels: `[images, rows, columns, channels + 4]`. */
  addCoordinates(x: Tensor): Tensor;
  /** Sum of two maps of one shape. */
  add(a: Tensor, b: Tensor): Tensor;
  /** Every second row and column: `[images, ⌈rows / 2⌉, ⌈columns / 2⌉, channels]`. */
  subsample(x: Tensor): Tensor;
  /** The first channels, one behind the other: `[count, images, rows, columns]`. */
  planes(x: Tensor, count: number): Tensor;
  /** Inference gives back what the body made and does not return; a tape keeps it. */
  scope<T>(body: () => T): T;
}

/** The layers as they are run when no gradient is wanted. */
export function inferenceLayers(gpu: Gpu): Layers {
  return {
    conv: (x, { weight, bias }, options) =>
      gpu.scope(() => {
        const shift = bias ?? gpu.zeros([weight.shape[3]]);
        return conv2d(gpu, x, { weight, bias: shift }, options);
      }),
    deconv: (x, weight) => {
      const [, rows, columns] = x.shape;
      const stride = weight.shape[0];
      const inputSize = [stride * rows, stride * columns] as const;
      return conv2dBackwardData(gpu, x, weight, { stride, inputSize });
    },
    groupNormRelu: (x, weights, groups) =>
      gpu.scope(() => groupNorm(gpu, x, weights, { groups, relu: true }).out),
    resizeBilinear: (x, size) => resizeBilinearNhwc(gpu, x, size),
    doubleNearest: (x) => doubleNearest(gpu, x),
    addCoordinates: (x) => addCoordinates(gpu, x),
    add: (a, b) => add(gpu, a, b),
    subsample: (x) => subsample(gpu, x),
    planes: (x, count) => firstPlanes(gpu, x, count),
    scope: (body) => gpu.scope(body),
  };
}

function firstPlanes(gpu: Gpu, x: Tensor, count: number): Tensor {
  const [images, rows, columns, channels] = x.shape;
  if (!(Number.isInteger(count) && count >= 1 && count <= channels)) {
    throw new RangeError(`planes: count must be from 1 to ${channels} channels, got ${count}`);
  }
  const all = transpose(gpu, reshape(x, [images * rows * columns, channels]));
  return { ...all, shape: [count, images, rows, columns] };
}

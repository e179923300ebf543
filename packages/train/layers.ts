import { type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import {
  columnSums,
  conv2d,
  conv2dBackwardData,
  groupNorm,
  type GroupNormWeights,
  transpose,
} from "@fiedler/kernels";
import {
  addCoordinatesBackward,
  conv2dBackwardWeight,
  doubleNearestBackward,
  groupNormBackward,
  resizeBilinearBackward,
  subsampleBackward,
} from "@fiedler/kernels/training";
import {
  type ConvLayerOptions,
  type ConvParameters,
  inferenceLayers,
  type Layers,
  type MapSize,
} from "@fiedler/models";
import type { Tape } from "./tape.ts";

/**
 * The layers of a network, recorded on a tape: a head that is written in {@linkcode Layers} trains
 * as it predicts.
 */
export function tapeLayers(tape: Tape): Layers {
  return {
    conv: (x, parameters, options) => conv(tape, x, parameters, options),
    deconv: (x, weight) => deconv(tape, x, weight),
    groupNormRelu: (x, weights, groups) => groupNormRelu(tape, x, weights, groups),
    resizeBilinear: (x, size) => resizeBilinear(tape, x, size),
    doubleNearest: (x) => doubleNearest(tape, x),
    addCoordinates: (x) => addCoordinates(tape, x),
    add: (a, b) => add(tape, a, b),
    subsample: (x) => subsample(tape, x),
    planes: (x, count) => planes(tape, x, count),
    scope: (body) => body(),
  };
}

/**
 * Convolution with its bias and residual; each of the four inputs gets its gradient where the tape
 * wants it.
 *
 * @param x `[images, rows, columns, channels]` f32; channels a multiple of 4.
 * @returns `[images, outRows, outColumns, outChannels]` f32.
 * @throws {ShapeError} when sizes disagree.
 */
export function conv(
  tape: Tape,
  x: Tensor,
  parameters: ConvParameters,
  options: ConvLayerOptions = {},
): Tensor {
  const { gpu } = tape;
  const { weight, bias } = parameters;
  const { residual, ...windows } = options;
  const out = inferenceLayers(gpu).conv(x, parameters, options);
  const [kernelHeight, kernelWidth] = weight.shape;
  const kernel = [kernelHeight, kernelWidth] as const;
  const gradients = [
    {
      input: x,
      of: (dOut: Tensor) =>
        conv2dBackwardData(gpu, dOut, weight, { ...windows, inputSize: sizeOf(x) }),
    },
    {
      input: weight,
      of: (dOut: Tensor) => conv2dBackwardWeight(gpu, x, dOut, { ...windows, kernel }),
    },
    { input: bias, of: (dOut: Tensor) => columnSums(gpu, pixelRows(dOut)) },
    { input: residual, of: (dOut: Tensor) => dOut },
  ].flatMap(({ input, of }) => input ? [{ input, of }] : []);
  return tape.record(
    out,
    gradients.map(({ input }) => input),
    (dOut) => gradients.map(({ input, of }) => tape.tracks(input) ? of(dOut) : null),
  );
}

/**
 * Transposed convolution without overlap. It is the gradient of a convolution with respect to its
 * input, so that its own gradients are that convolution, and the gradient of that one's weight with
 * input and output exchanged.
 *
 * @param x `[images, rows, columns, channels]` f32; channels a multiple of 4.
 * @param weight `[side, side, outChannels, channels]` f32.
 * @returns `[images, side · rows, side · columns, outChannels]` f32.
 * @throws {ShapeError} when sizes disagree.
 */
export function deconv(tape: Tape, x: Tensor, weight: Tensor): Tensor {
  const { gpu } = tape;
  const [height, width] = weight.shape;
  const out = inferenceLayers(gpu).deconv(x, weight);
  const dx = (dOut: Tensor) =>
    conv2d(gpu, dOut, { weight, bias: gpu.zeros([weight.shape[3]]) }, { stride: height });
  const dWeight = (dOut: Tensor) =>
    conv2dBackwardWeight(gpu, dOut, x, { stride: height, kernel: [height, width] });
  return tape.record(out, [x, weight], (dOut) => [
    tape.tracks(x) ? dx(dOut) : null,
    tape.tracks(weight) ? dWeight(dOut) : null,
  ]);
}

/**
 * max(group norm of `x`, 0).
 *
 * @param x `[images, rows, columns, channels]` f32; channels a multiple of 4 and of `groups`.
 * @returns as `x`.
 * @throws {ShapeError} when sizes disagree.
 */
export function groupNormRelu(
  tape: Tape,
  x: Tensor,
  weights: GroupNormWeights,
  groups: number,
): Tensor {
  const { gpu } = tape;
  const options = { groups, relu: true };
  const { weight, bias } = weights;
  const { out, mean, invStd } = groupNorm(gpu, x, weights, options);
  return tape.record(out, [x, weight, bias], (dOut) => {
    const record = { x, weight, bias, mean, invStd };
    const { dx, dWeight, dBias } = groupNormBackward(gpu, dOut, record, options);
    return [dx, dWeight, dBias];
  }, { saved: [mean, invStd] });
}

/**
 * Feature maps at another size, linear between the centres of pixels, without antialiasing.
 *
 * @param x `[images, rows, columns, channels]` f32; channels a multiple of 4.
 * @returns `[images, ...size, channels]` f32.
 */
export function resizeBilinear(tape: Tape, x: Tensor, size: MapSize): Tensor {
  const { gpu } = tape;
  const out = inferenceLayers(gpu).resizeBilinear(x, size);
  return tape.record(out, [x], (dOut) => [resizeBilinearBackward(gpu, dOut, sizeOf(x))]);
}

/**
 * Each pixel doubled along both axes.
 *
 * @param x `[images, rows, columns, channels]` f32; channels a multiple of 4.
 * @returns `[images, 2 · rows, 2 · columns, channels]` f32.
 */
export function doubleNearest(tape: Tape, x: Tensor): Tensor {
  const { gpu } = tape;
  const out = inferenceLayers(gpu).doubleNearest(x);
  return tape.record(out, [x], (dOut) => [doubleNearestBackward(gpu, dOut)]);
}

/**
 * x, y and two zeros behind the channels; constants, without a gradient.
 *
 * @param x `[images, rows, columns, channels]` f32; channels a multiple of 4.
 * @returns `[images, rows, columns, channels + 4]` f32.
 */
export function addCoordinates(tape: Tape, x: Tensor): Tensor {
  const { gpu } = tape;
  const out = inferenceLayers(gpu).addCoordinates(x);
  return tape.record(out, [x], (dOut) => [addCoordinatesBackward(gpu, dOut)]);
}

/**
 * The sum of two tensors.
 *
 * @throws {ShapeError} when the shapes differ.
 */
export function add(tape: Tape, a: Tensor, b: Tensor): Tensor {
  const out = inferenceLayers(tape.gpu).add(a, b);
  return tape.record(out, [a, b], (dOut) => [dOut, dOut]);
}

/**
 * Every second row and column, from the first on.
 *
 * @param x `[images, rows, columns, channels]` f32; channels a multiple of 4.
 * @returns `[images, ⌈rows / 2⌉, ⌈columns / 2⌉, channels]` f32.
 */
export function subsample(tape: Tape, x: Tensor): Tensor {
  const { gpu } = tape;
  const out = inferenceLayers(gpu).subsample(x);
  return tape.record(out, [x], (dOut) => [subsampleBackward(gpu, dOut, sizeOf(x))]);
}

/**
 * The first channels, one behind the other. Channels behind them get a gradient of zero: they fill
 * up the output of a convolution to a multiple of 4.
 *
 * @param x `[images, rows, columns, channels]` f32.
 * @returns `[count, images, rows, columns]` f32.
 * @throws {RangeError} when `x` has fewer channels.
 */
export function planes(tape: Tape, x: Tensor, count: number): Tensor {
  const { gpu } = tape;
  const out = inferenceLayers(gpu).planes(x, count);
  return tape.record(out, [x], (dOut) => [planesBackward(gpu, dOut, x.shape)]);
}

function planesBackward(gpu: Gpu, dOut: Tensor, shape: readonly number[]): Tensor {
  const [images, rows, columns, channels] = shape;
  return gpu.scope(() => {
    const all = gpu.zeros([channels, images * rows * columns]);
    gpu.copy(dOut, all);
    return reshape(transpose(gpu, all), shape);
  });
}

/**
 * The same elements under another shape.
 *
 * @throws {ShapeError} when the number of elements differs.
 */
export function view(tape: Tape, x: Tensor, shape: readonly number[]): Tensor {
  return tape.record(reshape(x, shape), [x], (dOut) => [reshape(dOut, x.shape)]);
}

/** `[rows, columns]` of feature maps. */
function sizeOf({ shape }: Tensor): MapSize {
  const [, rows, columns] = shape;
  return [rows, columns];
}

/** `[images · rows · columns, channels]`. */
function pixelRows(x: Tensor): Tensor {
  const [images, rows, columns, channels] = x.shape;
  return reshape(x, [images * rows * columns, channels]);
}

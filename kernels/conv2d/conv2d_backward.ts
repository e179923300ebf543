import {
  expectShape,
  type Gpu,
  grid1d,
  type Kernel,
  MAX_WORKGROUPS,
  type Tensor,
} from "@fiedler/gpu";
import type { MatmulForm } from "../matmul/forms.ts";
import { tileLaunch } from "../matmul/launch.ts";
import { matmulStrided } from "../matmul/strided.ts";
import { transposeStrided } from "../transpose/transpose.ts";
import { conv2d, type Conv2dOptions } from "./conv2d.ts";
import {
  type Conv2dBackwardDataArgs,
  conv2dBackwardDataKernel,
} from "./conv2d_backward_data.gen.ts";
import { conv2dBackwardDataBroadcastKernel } from "./conv2d_backward_data_broadcast.gen.ts";
import { conv2dBackwardDataSharedKernel } from "./conv2d_backward_data_shared.gen.ts";
import { channelStep, gatheredForm } from "./forms.ts";
import { expectGradient, expectQuads } from "./windows.ts";

/** How the windows of a convolution lie; as {@linkcode Conv2dOptions} of the forward pass. */
export type ConvWindows = Pick<Conv2dOptions, "stride" | "padding" | "dilation" | "form">;

/** Options of {@linkcode conv2dBackwardData}. */
export interface Conv2dBackwardDataOptions extends ConvWindows {
  /** `[height, width]` of the input. */
  readonly inputSize: readonly [height: number, width: number];
}

/**
 * The gradient of a convolution with respect to its input.
 *
 * With stride 1 it is a convolution of `dOut` with the weight turned by 180° and transposed. Where
 * the windows lie side by side it is a product of matrices. In general each pixel gathers from the
 * windows that it lies in. As a forward pass this is the transposed convolution.
 *
 * Source: Dumoulin and Visin 2016, arXiv 1603.07285, §4.
 *
 * @param dOut `[images, outHeight, outWidth, outChannels]` f32, as `conv2d` returns.
 * @param weight `[kernelHeight, kernelWidth, channels, outChannels]` f32.
 * @returns dx, `[images, height, width, channels]` f32; 0 where no window has a pixel.
 * @throws {ShapeError} when sizes disagree, or channels are not multiples of 4.
 * @throws {RangeError} when stride or dilation is not a whole number from 1 on, or padding from 0;
 *   for a form of stacks where it is no convolution.
 */
export function conv2dBackwardData(
  gpu: Gpu,
  dOut: Tensor,
  weight: Tensor,
  { inputSize, stride = 1, padding = 0, dilation = 1, form }: Conv2dBackwardDataOptions,
): Tensor {
  const name = "conv2dBackwardData";
  const { kernelHeight, kernelWidth, channels, outChannels } = expectShape(
    `${name}: weight`,
    weight,
    "[kernelHeight, kernelWidth, channels, outChannels]",
  );
  expectQuads(name, { channels, outChannels });
  const kernel = [kernelHeight, kernelWidth] as const;
  const windows = { stride, padding, dilation };
  const images = expectGradient(name, dOut, { inputSize, kernel, outChannels, ...windows });

  const mirrored = dilation * (kernelHeight - 1) - padding;
  if (stride === 1 && kernelHeight === kernelWidth && mirrored >= 0) {
    return gpu.scope(() => {
      const turned = transposeTaps(gpu, weight, { turn: true });
      const weights = { weight: turned, bias: gpu.zeros([channels]) };
      return conv2d(gpu, dOut, weights, { padding: mirrored, dilation, form });
    });
  }
  if (form?.kernel === "stack") {
    throw new RangeError(`${name}: stacks need a stride of 1, a square window and less padding`);
  }
  const dx = gpu.empty([images, ...inputSize, channels]);
  gpu.scope(() => {
    if (sideBySide(dOut, kernel, { inputSize, ...windows })) {
      spread(gpu, { dOut, weight, dx }, form);
      return;
    }
    const turned = transposeTaps(gpu, weight, { turn: false });
    gather(gpu, { dOut, weight: turned, dx }, { ...windows, form });
  });
  return dx;
}

/** Whether each pixel of the input lies in one window, and lines of windows are few enough. */
function sideBySide(
  dOut: Tensor,
  [kernelHeight, kernelWidth]: readonly [number, number],
  { inputSize, stride, padding, dilation }: Required<Omit<Conv2dBackwardDataOptions, "form">>,
): boolean {
  const [images, outHeight, outWidth] = dOut.shape;
  const [height, width] = inputSize;
  return kernelHeight === stride && kernelWidth === stride && padding === 0 && dilation === 1 &&
    height === stride * outHeight && width === stride * outWidth &&
    images * outHeight * stride <= MAX_WORKGROUPS;
}

/**
 * Windows side by side: a window's lines of `stride` pixels follow each other in memory, so that each
 * line of windows times the matrix of a line of taps is a line of pixels. On llvmpipe two thirds of
 * the time of {@linkcode gather} for four pictures of 24 × 24, from 128 to 16 channels.
 */
function spread(
  gpu: Gpu,
  { dOut, weight, dx }: { readonly [name in "dOut" | "weight" | "dx"]: Tensor },
  form?: MatmulForm,
): void {
  const [images, outHeight, outWidth, inner] = dOut.shape;
  const [stride, , channels] = weight.shape;
  const columns = stride * channels;
  const turned = gpu.empty([stride, inner, columns]);
  transposeStrided(gpu, weight, turned, {
    ...{ rows: columns, columns: inner, pitch: columns, row: inner },
    ...{ images: stride, image: columns * inner },
  });
  const line = outWidth * columns;
  matmulStrided(gpu, { a: dOut, b: turned, out: dx }, {
    ...{ rows: outWidth, columns, inner, images: images * outHeight, heads: stride, form },
    a: { image: outWidth * inner, row: inner },
    b: { head: inner * columns, row: columns },
    out: { image: stride * line, head: line, row: columns },
  });
}

/** Each tap's matrix transposed, `[…, outChannels, channels]`; with `turn`, the taps in reverse. */
function transposeTaps(gpu: Gpu, weight: Tensor, { turn }: { readonly turn: boolean }): Tensor {
  const [kernelHeight, kernelWidth, rows, columns] = weight.shape;
  const taps = kernelHeight * kernelWidth;
  const out = gpu.empty([kernelHeight, kernelWidth, columns, rows]);
  const tap = rows * columns;
  transposeStrided(gpu, weight, out, {
    ...{ rows, columns, pitch: rows, row: columns, images: taps },
    // Backwards from the last one, modulo 2^32.
    ...(turn ? { base: (taps - 1) * tap, image: -tap >>> 0 } : { image: tap }),
  });
  return out;
}

const KERNELS: Readonly<Record<MatmulForm["kernel"], Kernel<Conv2dBackwardDataArgs>>> = {
  direct: conv2dBackwardDataKernel,
  broadcast: conv2dBackwardDataBroadcastKernel,
  shared: conv2dBackwardDataSharedKernel,
};

/** The general case; `weight` is `[kernelHeight, kernelWidth, outChannels, channels]`. */
function gather(
  gpu: Gpu,
  tensors: { readonly [name in "dOut" | "weight" | "dx"]: Tensor },
  { form, ...windows }: Required<Omit<ConvWindows, "form">> & { readonly form?: MatmulForm },
): void {
  const [images, height, width, columns] = tensors.dx.shape;
  const [, outHeight, outWidth, channels] = tensors.dOut.shape;
  const [kernelHeight, kernelWidth] = tensors.weight.shape;
  const { stride } = windows;
  const [phaseHeight, phaseWidth] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  const phaseRows = images * phaseHeight * phaseWidth;
  const rows = stride ** 2 * phaseRows;
  const taps = kernelHeight * kernelWidth;
  // The rows of a tile should share their phase.
  const tile = form ?? gatheredForm(gpu, phaseRows, columns, stride ** 2);
  const launch = tileLaunch(gpu, tile, columns, channelStep(gpu, { taps, channels }));
  const { workgroups: [y, z] } = grid1d(Math.ceil(rows / launch.tileRows), 1);
  const params = {
    ...{ rows, columns, channels, height, width, outHeight, outWidth },
    ...{ phaseRows, phaseHeight, phaseWidth, taps, kernelWidth },
    ...{ ...windows, tilesY: y * launch.tilesDown },
  };
  gpu.run(KERNELS[tile.kernel], { ...tensors, params }, {
    workgroups: [Math.ceil(columns / launch.tileColumns), y, z],
    overrides: launch.overrides,
    variants: launch.variants,
  });
}

import {
  expectShape,
  formatShape,
  type Gpu,
  grid1d,
  type Kernel,
  MAX_WORKGROUPS,
  reshape,
  type Tensor,
} from "@fiedler/gpu";
import { defaultForm, type MatmulForm } from "../matmul/forms.ts";
import { tileLaunch } from "../matmul/launch.ts";
import { matmulStrided } from "../matmul/strided.ts";
import { type Conv2dArgs, conv2dKernel } from "./conv2d.gen.ts";
import { conv2dBroadcastKernel } from "./conv2d_broadcast.gen.ts";
import { conv2dSharedKernel } from "./conv2d_shared.gen.ts";
import { conv2dStackKernel } from "./conv2d_stack.gen.ts";
import {
  channelStep,
  type ConvForm,
  defaultConvForm,
  expectForm,
  type StackForm,
} from "./forms.ts";
import { expectQuads, windowCount } from "./windows.ts";

/** Weight and bias of a convolution; a batch norm behind it is folded into them. */
export interface ConvWeights {
  /** `[kernelHeight, kernelWidth, channels, outChannels]` f32; outChannels a multiple of 4. */
  readonly weight: Tensor;
  /** `[outChannels]` f32. */
  readonly bias: Tensor;
}

/** Options of {@linkcode conv2d}, the same for both axes. */
export interface Conv2dOptions {
  /** Pixels from one window to the next. Default 1. */
  readonly stride?: number;
  /** Zeros on each side of the input. Default 0. */
  readonly padding?: number;
  /** Pixels from one tap to the next. Default 1. */
  readonly dilation?: number;
  /** As the output, f32; added after the bias. */
  readonly residual?: Tensor;
  /** max(x, 0), last of all. Default false. */
  readonly relu?: boolean;
  /** For tests and tuning. Default: by adapter. */
  readonly form?: ConvForm;
}

/**
 * Convolution (correlation, as in every framework) with its bias, then residual, then ReLU.
 *
 * @param x `[images, height, width, channels]` f32; channels a multiple of 4.
 * @returns `[images, outHeight, outWidth, outChannels]` f32, where
 *   `outHeight = ⌊(height + 2 · padding − dilation · (kernelHeight − 1) − 1) / stride⌋ + 1`.
 * @throws {ShapeError} when sizes disagree or the window is larger than the padded input.
 * @throws {RangeError} when stride or dilation is not a whole number from 1 on, or padding from 0;
 *   for a form of stacks where they do not apply.
 *
 * @example
 * ```ts
 * import { Gpu } from "@fiedler/gpu";
 * import { conv2d } from "@fiedler/kernels";
 * import assert from "node:assert/strict";
 *
 * const gpu = await Gpu.open();
 * const x = gpu.upload(new Float32Array(3 * 3 * 4).fill(1), [1, 3, 3, 4]);
 * const weight = gpu.upload(new Float32Array(3 * 3 * 4 * 4).fill(1), [3, 3, 4, 4]);
 * const out = conv2d(gpu, x, { weight, bias: gpu.zeros([4]) }, { padding: 1, stride: 2 });
 * assert.deepEqual(out.shape, [1, 2, 2, 4]);
 * assert.equal((await gpu.read(out))[0], 16); // four pixels of four channels
 * gpu.close();
 * ```
 */
export function conv2d(
  gpu: Gpu,
  x: Tensor,
  { weight, bias }: ConvWeights,
  options: Conv2dOptions = {},
): Tensor {
  const { stride = 1, padding = 0, dilation = 1, residual, relu = false } = options;
  const { images, height, width, channels } = expectShape(
    "conv2d: x",
    x,
    "[images, height, width, channels]",
  );
  const { kernelHeight, kernelWidth, columns } = expectShape(
    "conv2d: weight",
    weight,
    `[kernelHeight, kernelWidth, ${channels}, columns]` as "[kernelHeight, kernelWidth, columns]",
  );
  expectShape("conv2d: bias", bias, `[${columns}]`);
  expectQuads("conv2d", { channels, outChannels: columns });
  const windows = { stride, padding, dilation };
  const outHeight = windowCount("conv2d", height, { size: kernelHeight, ...windows });
  const outWidth = windowCount("conv2d", width, { size: kernelWidth, ...windows });
  const shape = [images, outHeight, outWidth, columns];
  if (residual) expectShape("conv2d: residual", residual, formatShape(shape));

  const out = gpu.empty(shape);
  const rows = images * outHeight * outWidth;
  const kernel = [kernelHeight, kernelWidth] as const;
  const formSizes = { outShape: shape, kernel, stride, dilation };
  const form = options.form ?? defaultConvForm(gpu, formSizes);
  expectForm("conv2d", gpu, form, formSizes);
  const tensors = { input: x, weight, bias, out };
  if (form.kernel === "stack") {
    stackedProduct(gpu, tensors, padding, { residual, relu, form });
    return out;
  }
  const taps = kernelHeight * kernelWidth;
  if (taps === 1 && stride === 1 && padding === 0) {
    const product = options.form ? form : defaultForm(gpu, rows, columns);
    if (Math.ceil(rows / tileLaunch(gpu, product, columns).tileRows) <= MAX_WORKGROUPS) {
      pointProduct(gpu, tensors, { rows, residual, relu, form: product });
      return out;
    }
  }
  const sizes = {
    ...{ rows, columns, channels, height, width, outPixels: outHeight * outWidth, outWidth },
    ...{ taps, kernelWidth, stride, padding, dilation },
  };
  implicitProduct(gpu, tensors, sizes, { residual, relu, form });
  return out;
}

const KERNELS: Readonly<Record<MatmulForm["kernel"], Kernel<Conv2dArgs>>> = {
  direct: conv2dKernel,
  broadcast: conv2dBroadcastKernel,
  shared: conv2dSharedKernel,
};

/** Windows of one tap side by side: a product of matrices, of which one axis holds the tiles. */
function pointProduct(
  gpu: Gpu,
  { input, weight, bias, out }: ConvTensors,
  { rows, ...how }: { rows: number; residual?: Tensor; relu: boolean; form: MatmulForm },
): void {
  const [, , inner, columns] = weight.shape;
  matmulStrided(gpu, { a: input, b: reshape(weight, [inner, columns]), out }, {
    ...{ rows, columns, inner, bias, ...how },
    a: { row: inner },
    b: { row: columns },
    out: { row: columns },
    residualLayout: { image: 0, row: columns },
  });
}

type ConvTensors = { readonly [name in "input" | "weight" | "bias" | "out"]: Tensor };

/** The general case: rows of the product are gathered as they are multiplied. */
function implicitProduct(
  gpu: Gpu,
  tensors: ConvTensors,
  sizes: Omit<Conv2dArgs["params"], "tilesY">,
  { residual, relu, form }: { residual?: Tensor; relu: boolean; form: MatmulForm },
): void {
  const launch = tileLaunch(gpu, form, sizes.columns, channelStep(gpu, sizes));
  const { workgroups: [y, z] } = grid1d(Math.ceil(sizes.rows / launch.tileRows), 1);
  const params = { ...sizes, tilesY: y * launch.tilesDown };
  // A binding needs a buffer even where there is no residual to read.
  const args = { ...tensors, residual: residual ?? tensors.bias, params };
  const epilogue = { RESIDUAL: residual ? 1 : 0, RELU: relu ? 1 : 0 };
  gpu.run(KERNELS[form.kernel], args, {
    workgroups: [Math.ceil(sizes.columns / launch.tileColumns), y, z],
    overrides: { ...epilogue, ...launch.overrides },
    variants: launch.variants,
    unread: residual ? [] : ["residual"],
  });
}

/** Few channels of the output: pixels below each other share what they load. */
function stackedProduct(
  gpu: Gpu,
  tensors: ConvTensors,
  padding: number,
  { residual, relu, form }: { residual?: Tensor; relu: boolean; form: StackForm },
): void {
  const { input, weight, out } = tensors;
  const [images, height, width, channels] = input.shape;
  const [DOWN, kernelWidth] = weight.shape;
  const [, outHeight, outWidth, columns] = out.shape;
  const params = {
    ...{ images, height, width, channels, outHeight, outWidth, columns, kernelWidth, padding },
  };
  const SUBGROUP = gpu.adapter.subgroupSize ?? 0;
  const { rows: ROWS, columns: COLUMNS } = form;
  gpu.run(conv2dStackKernel, { ...tensors, residual: residual ?? tensors.bias, params }, {
    workgroups: [
      Math.ceil(images * outWidth / SUBGROUP),
      Math.ceil(outHeight / ROWS),
      Math.ceil(columns / (4 * COLUMNS)),
    ],
    overrides: { WORKGROUP: SUBGROUP, RESIDUAL: residual ? 1 : 0, RELU: relu ? 1 : 0 },
    variants: { SUBGROUP, ROWS, COLUMNS, DOWN },
    unread: residual ? [] : ["residual"],
  });
}

import { expectShape, formatShape, type Gpu, grid1d, reshape, type Tensor } from "@fiedler/gpu";
import { columnSums } from "../column_sums/column_sums.ts";
import { defaultForm, type MatmulForm } from "../matmul/strided.ts";
import { transposeStrided } from "../transpose/transpose.ts";
import { conv2d, type Conv2dOptions } from "./conv2d.ts";
import { conv2dBackwardDataKernel } from "./conv2d_backward_data.gen.ts";
import { conv2dBackwardDataBroadcastKernel } from "./conv2d_backward_data_broadcast.gen.ts";
import {
  type Conv2dBackwardWeightArgs,
  conv2dBackwardWeightKernel,
} from "./conv2d_backward_weight.gen.ts";
import { conv2dBackwardWeightBroadcastKernel } from "./conv2d_backward_weight_broadcast.gen.ts";
import { expectQuads, windowCount } from "./windows.ts";

/** Pixels that one f32 sum takes in at most: its error then stays near 1e-6. */
const MAX_SLICE_PIXELS = 4096;
/** Below this a slice costs more to store and add up than it saves. */
const MIN_SLICE_PIXELS = 256;
/** Slices are cut until so many invocations are busy. */
const WANTED_INVOCATIONS = 2 ** 15;
const SCRATCH_BYTES = 64 * 2 ** 20;

/** How the windows of a convolution lie; as {@linkcode Conv2dOptions} of the forward pass. */
export type ConvWindows = Pick<Conv2dOptions, "stride" | "padding" | "dilation" | "form">;

/** Options of {@linkcode conv2dBackwardData}. */
export interface Conv2dBackwardDataOptions extends ConvWindows {
  /** `[height, width]` of the input. */
  readonly inputSize: readonly [height: number, width: number];
}

/** Options of {@linkcode conv2dBackwardWeight}. */
export interface Conv2dBackwardWeightOptions extends ConvWindows {
  /** `[kernelHeight, kernelWidth]` of the weight. */
  readonly kernel: readonly [height: number, width: number];
  /** Memory for partial sums, at least one weight's; less of it takes more rounds. Default 64 MiB. */
  readonly scratchBytes?: number;
}

/**
 * The gradient of a convolution with respect to its input.
 *
 * With stride 1 it is a convolution of `dOut` with the weight turned by 180° and transposed; in
 * general each pixel gathers from the windows that it lies in. As a forward pass this is the
 * transposed convolution.
 *
 * Source: Dumoulin and Visin 2016, arXiv 1603.07285, §4.
 *
 * @param dOut `[images, outHeight, outWidth, outChannels]` f32, as `conv2d` returns.
 * @param weight `[kernelHeight, kernelWidth, channels, outChannels]` f32.
 * @returns dx, `[images, height, width, channels]` f32; 0 where no window has a pixel.
 * @throws {ShapeError} when sizes disagree, or channels are not multiples of 4.
 * @throws {RangeError} when stride or dilation is not a whole number from 1 on, or padding from 0.
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
  const dx = gpu.empty([images, ...inputSize, channels]);
  gpu.scope(() => {
    const turned = transposeTaps(gpu, weight, { turn: false });
    gather(gpu, { dOut, weight: turned, dx }, { ...windows, form });
  });
  return dx;
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

/** The general case; `weight` is `[kernelHeight, kernelWidth, outChannels, channels]`. */
function gather(
  gpu: Gpu,
  tensors: { readonly [name in "dOut" | "weight" | "dx"]: Tensor },
  { form, ...windows }: Required<Omit<ConvWindows, "form">> & Pick<ConvWindows, "form">,
): void {
  const [images, height, width, columns] = tensors.dx.shape;
  const [, outHeight, outWidth, channels] = tensors.dOut.shape;
  const [kernelHeight, kernelWidth] = tensors.weight.shape;
  const { stride } = windows;
  const [phaseHeight, phaseWidth] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  const phaseRows = images * phaseHeight * phaseWidth;
  const rows = stride ** 2 * phaseRows;
  const { kernel, rows: ROWS, columns: COLUMNS } = form ?? defaultForm(gpu, rows, columns);
  const tilesPerGroup = kernel === "direct" ? 8 : 1;
  const { workgroups: [y, z] } = grid1d(Math.ceil(rows / (tilesPerGroup * ROWS)), 1);
  const params = {
    ...{ rows, columns, channels, height, width, outHeight, outWidth },
    ...{ phaseRows, phaseHeight, phaseWidth, taps: kernelHeight * kernelWidth, kernelWidth },
    ...{ ...windows, tilesY: y * tilesPerGroup },
  };
  if (kernel === "direct") {
    gpu.run(conv2dBackwardDataKernel, { ...tensors, params }, {
      workgroups: [Math.ceil(columns / (8 * 4 * COLUMNS)), y, z],
      overrides: { WORKGROUP_X: 8, WORKGROUP_Y: 8 },
      variants: { ROWS, COLUMNS },
    });
    return;
  }
  const SUBGROUP = gpu.adapter.subgroupSize ?? 0;
  gpu.run(conv2dBackwardDataBroadcastKernel, { ...tensors, params }, {
    workgroups: [Math.ceil(columns / (SUBGROUP * 4 * COLUMNS)), y, z],
    overrides: { WORKGROUP: SUBGROUP },
    variants: { SUBGROUP, ROWS, COLUMNS },
  });
}

/**
 * The gradient of a convolution with respect to its weight. That of its bias is `columnSums` of
 * `dOut` as `[pixels, outChannels]`.
 *
 * The sum over all pixels is cut into slices of at most 4096, added up in a fixed order: the same
 * input gives the same bytes.
 *
 * @param x `[images, height, width, channels]` f32, the input of the forward pass.
 * @param dOut `[images, outHeight, outWidth, outChannels]` f32, as `conv2d` returns.
 * @returns dWeight, `[kernelHeight, kernelWidth, channels, outChannels]` f32.
 * @throws {ShapeError} when sizes disagree, or channels are not multiples of 4.
 * @throws {RangeError} when stride or dilation is not a whole number from 1 on, or padding from 0.
 */
export function conv2dBackwardWeight(
  gpu: Gpu,
  x: Tensor,
  dOut: Tensor,
  options: Conv2dBackwardWeightOptions,
): Tensor {
  const { kernel, stride = 1, padding = 0, dilation = 1, scratchBytes = SCRATCH_BYTES } = options;
  const name = "conv2dBackwardWeight";
  const { images, height, width, channels } = expectShape(
    `${name}: x`,
    x,
    "[images, height, width, channels]",
  );
  const outChannels = dOut.shape.at(-1) ?? 0;
  expectQuads(name, { channels, outChannels });
  const windows = { stride, padding, dilation };
  const inputSize = [height, width] as const;
  expectGradient(name, dOut, { images, inputSize, kernel, outChannels, ...windows });

  const [, outHeight, outWidth] = dOut.shape;
  const shape = [...kernel, channels, outChannels];
  const rows = kernel[0] * kernel[1] * channels;
  const sizes = {
    ...{ rows, columns: outChannels, channels, height, width, outHeight, outWidth },
    ...{ pixels: images * outHeight * outWidth, kernelWidth: kernel[1], ...windows },
  };
  const how = { scratchBytes, form: options.form ?? defaultForm(gpu, rows, outChannels) };
  return gpu.scope(() => reshape(sumOfSlices(gpu, { x, dOut }, sizes, how), shape));
}

/** Sizes of the product, without its slices. */
type ProductSizes = Omit<Conv2dBackwardWeightArgs["params"], "firstPixel" | "slicePixels">;

/** All slices, in as many rounds as memory asks for: `[rows · columns]`. */
function sumOfSlices(
  gpu: Gpu,
  { x: input, dOut }: { readonly x: Tensor; readonly dOut: Tensor },
  sizes: ProductSizes,
  { form, scratchBytes }: { readonly form: MatmulForm; readonly scratchBytes: number },
): Tensor {
  const { pixels, rows, columns } = sizes;
  const count = rows * columns;
  const slicePixels = slicePixelsOf(sizes, form);
  const slices = Math.ceil(pixels / slicePixels);
  const perRound = Math.min(slices, Math.max(1, Math.floor(scratchBytes / (4 * count))));
  const rounds = Math.ceil(slices / perRound);
  const round = (first: number) =>
    gpu.scope(() => {
      const partials = gpu.empty([Math.min(perRound, slices - first), count]);
      const params = { ...sizes, slicePixels, firstPixel: first * slicePixels };
      sliceProducts(gpu, { input, dOut, partials, params }, form);
      return partials.shape[0] === 1 ? reshape(partials, [count]) : columnSums(gpu, partials);
    });
  if (rounds === 1) return round(0);
  const sums = gpu.empty([rounds, count]);
  for (let i = 0; i < rounds; i++) gpu.scope(() => gpu.copy(round(i * perRound), sums, i * count));
  return columnSums(gpu, sums);
}

/** Pixels of a slice: as many as accuracy allows, fewer where the weight alone is little work. */
function slicePixelsOf({ pixels, rows, columns }: ProductSizes, form: MatmulForm): number {
  const tiles = Math.ceil(rows / form.rows) * Math.ceil(columns / (4 * form.columns));
  const wanted = Math.floor(pixels * tiles / WANTED_INVOCATIONS);
  return Math.min(MAX_SLICE_PIXELS, Math.max(MIN_SLICE_PIXELS, wanted));
}

/** The products of the slices in `args.partials`, `[slices, rows · columns]`. */
function sliceProducts(gpu: Gpu, args: Conv2dBackwardWeightArgs, form: MatmulForm): void {
  const { rows, columns } = args.params;
  const [slices] = args.partials.shape;
  const variants = { ROWS: form.rows, COLUMNS: form.columns };
  if (form.kernel === "direct") {
    gpu.run(conv2dBackwardWeightKernel, args, {
      workgroups: [
        Math.ceil(columns / (8 * 4 * form.columns)),
        Math.ceil(rows / (8 * form.rows)),
        slices,
      ],
      overrides: { WORKGROUP_X: 8, WORKGROUP_Y: 8 },
      variants,
    });
    return;
  }
  const size = gpu.adapter.subgroupSize ?? 0;
  gpu.run(conv2dBackwardWeightBroadcastKernel, args, {
    workgroups: [
      Math.ceil(columns / (size * 4 * form.columns)),
      Math.ceil(rows / form.rows),
      slices,
    ],
    overrides: { WORKGROUP: size },
    variants: { ...variants, SUBGROUP: size },
  });
}

/** Checks the gradient of an output against what the convolution returns; its images. */
function expectGradient(
  name: string,
  dOut: Tensor,
  { images = dOut.shape[0], inputSize, kernel, outChannels, ...windows }: {
    readonly images?: number;
    readonly inputSize: readonly [number, number];
    readonly kernel: readonly [number, number];
    readonly outChannels: number;
    readonly stride: number;
    readonly padding: number;
    readonly dilation: number;
  },
): number {
  const sides = inputSize.map((length, axis) =>
    windowCount(name, length, { size: kernel[axis], ...windows })
  );
  expectShape(`${name}: dOut`, dOut, formatShape([images, ...sides, outChannels]));
  return images;
}

import { expectShape, type Gpu, type Kernel, reshape, type Tensor } from "@fiedler/gpu";
import { columnSums } from "../column_sums/column_sums.ts";
import type { MatmulForm } from "../matmul/forms.ts";
import { tileLaunch } from "../matmul/launch.ts";
import type { ConvWindows } from "./conv2d_backward.ts";
import {
  type Conv2dBackwardWeightArgs,
  conv2dBackwardWeightKernel,
} from "./conv2d_backward_weight.gen.ts";
import { conv2dBackwardWeightBroadcastKernel } from "./conv2d_backward_weight_broadcast.gen.ts";
import { conv2dBackwardWeightSharedKernel } from "./conv2d_backward_weight_shared.gen.ts";
import { conv2dBackwardWeightStackKernel } from "./conv2d_backward_weight_stack.gen.ts";
import {
  type ConvForm,
  defaultWeightForm,
  expectForm,
  LEAST_SLICE,
  type StackForm,
} from "./forms.ts";
import { expectGradient, expectQuads } from "./windows.ts";

/** Pixels that one f32 sum takes in at most: its error then stays near 1e-6. */
const MAX_SLICE_PIXELS = 4096;
/** Slices are cut until so many invocations are busy. */
const WANTED_INVOCATIONS = 2 ** 15;
const SCRATCH_BYTES = 64 * 2 ** 20;

/** Options of {@linkcode conv2dBackwardWeight}. */
export interface Conv2dBackwardWeightOptions extends ConvWindows {
  /** `[kernelHeight, kernelWidth]` of the weight. */
  readonly kernel: readonly [height: number, width: number];
  /** Memory for partial sums, at least one weight's; less of it takes more rounds. Default 64 MiB. */
  readonly scratchBytes?: number;
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
 * @throws {RangeError} when stride or dilation is not a whole number from 1 on, or padding from 0;
 *   for a form of stacks where they do not apply.
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
  const formSizes = { outShape: dOut.shape, kernel, stride, dilation };
  const form = options.form ?? defaultWeightForm(gpu, formSizes, channels);
  expectForm(name, gpu, form, formSizes);
  const how = { scratchBytes, form };
  return gpu.scope(() => reshape(sumOfSlices(gpu, { x, dOut }, sizes, how), shape));
}

/** Sizes of the product, without its slices. */
type ProductSizes = Omit<Conv2dBackwardWeightArgs["params"], "firstPixel" | "slicePixels">;

type ProductTensors = { readonly [name in "input" | "dOut" | "partials"]: Tensor };

/** All slices, in as many rounds as memory asks for: `[rows · columns]`. */
function sumOfSlices(
  gpu: Gpu,
  { x: input, dOut }: { readonly x: Tensor; readonly dOut: Tensor },
  sizes: ProductSizes,
  { form, scratchBytes }: { readonly form: ConvForm; readonly scratchBytes: number },
): Tensor {
  const count = sizes.rows * sizes.columns;
  const { length, total } = cutPixels(sizes, form);
  const slices = Math.ceil(total / length);
  const perRound = Math.min(slices, Math.max(1, Math.floor(scratchBytes / (4 * count))));
  const rounds = Math.ceil(slices / perRound);
  const round = (first: number) =>
    gpu.scope(() => {
      const partials = gpu.empty([Math.min(perRound, slices - first), count]);
      const cut = { length, total, first: first * length };
      sliceProducts(gpu, { input, dOut, partials }, sizes, { form, cut });
      return partials.shape[0] === 1 ? reshape(partials, [count]) : columnSums(gpu, partials);
    });
  if (rounds === 1) return round(0);
  const sums = gpu.empty([rounds, count]);
  for (let i = 0; i < rounds; i++) gpu.scope(() => gpu.copy(round(i * perRound), sums, i * count));
  return columnSums(gpu, sums);
}

/** The sizes that decide how the pixels are cut. */
type CutSizes = Pick<
  ProductSizes,
  "pixels" | "rows" | "columns" | "outHeight" | "kernelWidth" | "channels"
>;

/** Slices of the pixels; counted in stacks where the form has them. */
interface Cut {
  /** Of one slice. */
  readonly length: number;
  /** Of all slices. */
  readonly total: number;
  /** Where the first slice of a round starts. */
  readonly first: number;
}

/** Slices as long as accuracy allows, shorter where the weight alone is little work. */
function cutPixels(sizes: CutSizes, form: ConvForm): Omit<Cut, "first"> {
  const { pixels, rows, columns, outHeight } = sizes;
  const tileRows = form.kernel === "stack" ? 4 * kernelHeight(sizes) : form.rows;
  const tiles = Math.ceil(rows / tileRows) * Math.ceil(columns / (4 * form.columns));
  const wanted = Math.floor(pixels * tiles / WANTED_INVOCATIONS);
  const length = Math.min(MAX_SLICE_PIXELS, Math.max(LEAST_SLICE, wanted));
  if (form.kernel !== "stack") return { length, total: pixels };
  const total = pixels / outHeight * Math.ceil(outHeight / form.rows);
  return { length: Math.floor(length / form.rows), total };
}

const kernelHeight = ({ rows, kernelWidth, channels }: CutSizes): number =>
  rows / (kernelWidth * channels);

const KERNELS: Readonly<Record<MatmulForm["kernel"], Kernel<Conv2dBackwardWeightArgs>>> = {
  direct: conv2dBackwardWeightKernel,
  broadcast: conv2dBackwardWeightBroadcastKernel,
  shared: conv2dBackwardWeightSharedKernel,
};

/** The products of the slices in `partials`, `[slices, rows · columns]`. */
function sliceProducts(
  gpu: Gpu,
  tensors: ProductTensors,
  sizes: ProductSizes,
  { form, cut }: { readonly form: ConvForm; readonly cut: Cut },
): void {
  if (form.kernel === "stack") {
    stackedProducts(gpu, tensors, sizes, { form, cut });
    return;
  }
  const { rows, columns } = sizes;
  const [slices] = tensors.partials.shape;
  const params = { ...sizes, firstPixel: cut.first, slicePixels: cut.length };
  const { tileRows, tileColumns, overrides, variants } = tileLaunch(gpu, form, columns);
  gpu.run(KERNELS[form.kernel], { ...tensors, params }, {
    workgroups: [Math.ceil(columns / tileColumns), Math.ceil(rows / tileRows), slices],
    overrides,
    variants,
  });
}

/** Few channels of the output: pixels below each other share what they load. */
function stackedProducts(
  gpu: Gpu,
  tensors: ProductTensors,
  sizes: ProductSizes,
  { form, cut }: { readonly form: StackForm; readonly cut: Cut },
): void {
  const { channels, height, width, outHeight, outWidth, columns, kernelWidth, padding } = sizes;
  const params = {
    ...{ channels, height, width, outHeight, outWidth, columns, kernelWidth, padding },
    ...{ stacks: cut.total, firstStack: cut.first, sliceStacks: cut.length },
  };
  const SUBGROUP = gpu.adapter.subgroupSize ?? 0;
  const { rows: ROWS, columns: COLUMNS } = form;
  gpu.run(conv2dBackwardWeightStackKernel, { ...tensors, params }, {
    workgroups: [
      Math.ceil(kernelWidth * channels / (4 * SUBGROUP)),
      Math.ceil(columns / (4 * COLUMNS)),
      tensors.partials.shape[0],
    ],
    overrides: { WORKGROUP: SUBGROUP },
    variants: { SUBGROUP, ROWS, COLUMNS, DOWN: kernelHeight(sizes) },
  });
}

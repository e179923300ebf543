import { type Gpu, MAX_WORKGROUPS } from "@fiedler/gpu";
import {
  broadcastStep,
  classForm,
  type MatmulForm,
  MOST_ROUNDS,
  registerForm,
  registerForms,
  SHARED_FORMS,
} from "../matmul/forms.ts";

/** Stacks of `rows` pixels below each other × 4 · `columns` channels of the output per invocation. */
export interface StackForm {
  /** Needs one subgroup size, and windows that {@linkcode stacks} accepts. */
  readonly kernel: "stack";
  /** Pixels of a stack. */
  readonly rows: 4 | 8;
  /** Channels of the output in vectors of 4. */
  readonly columns: 1 | 4;
}

/** Which kernel computes a convolution, and its tile. */
export type ConvForm = MatmulForm | StackForm;

/** What of a convolution decides which forms can compute it. */
export interface FormSizes {
  /** `[images, height, width, channels]` of the output: a pixel for each window. */
  readonly outShape: readonly number[];
  /** `[height, width]` of the windows. */
  readonly kernel: readonly [height: number, width: number];
  /** Pixels from one window to the next. */
  readonly stride: number;
  /** Pixels from one tap to the next. */
  readonly dilation: number;
}

const STACKS = [[4, 1], [4, 4], [8, 1], [8, 4]] as const;

/** Every form that computes such a convolution on this adapter. */
export function convForms(gpu: Gpu, sizes: FormSizes): ConvForm[] {
  const forms: ConvForm[] = productForms(gpu);
  if (!forms.some(({ kernel }) => kernel === "broadcast") || !stacks(gpu, sizes)) return forms;
  return [
    ...forms,
    ...STACKS.map(([rows, columns]) => ({ kernel: "stack", rows, columns } as const)),
  ];
}

/** Every form that needs nothing of the windows. */
export function productForms(gpu: Gpu): MatmulForm[] {
  const forms = registerForms(gpu).filter(({ rows, columns }) => rows <= 32 && columns <= 2);
  return [...forms, ...SHARED_FORMS];
}

/**
 * The form of a product that a convolution is, its left matrix gathered: that of a product of
 * matrices, in workgroup memory where the class has it, but on CPU adapters that load from buffers
 * one of the tiles that the kernels of convolutions have.
 *
 * @param rows of which the tiles are cut; fewer than the product's where a tile must not mix them.
 * @param matrices such products at once.
 */
export function gatheredForm(gpu: Gpu, rows: number, columns: number, matrices = 1): MatmulForm {
  const { software, texels } = gpu.adapter;
  return software && !texels
    ? registerForm(gpu, rows, columns)
    : classForm(gpu, rows, columns, matrices);
}

/** Channels per round of the broadcast kernels: those of products, but 4 for the longest sums. */
export function channelStep(
  gpu: Gpu,
  { taps, channels }: { readonly taps: number; readonly channels: number },
): 1 | 4 {
  return taps * (channels + 1) > MOST_ROUNDS ? 4 : broadcastStep(gpu);
}

/** Whether the stack kernels can compute such a convolution on an adapter with one subgroup size. */
export function stacks(gpu: Gpu, { outShape, kernel, stride, dilation }: FormSizes): boolean {
  const [images, , width] = outShape;
  const groups = images * width / (gpu.adapter.subgroupSize ?? 1);
  return (kernel[0] === 1 || kernel[0] === 3) && stride === 1 && dilation === 1 &&
    groups <= MAX_WORKGROUPS;
}

/** The form of `conv2d` where the caller names none: the tuned, or the default of the class. */
export function defaultConvForm(gpu: Gpu, sizes: FormSizes): ConvForm {
  const shapeClass = convClass(sizes);
  const tuned = shapeClass &&
    gpu.tuning.form("conv2d", shapeClass, () => equalConvForms(gpu, sizes));
  return tuned || classConvForm(gpu, sizes);
}

/**
 * The forms that add up in the order of the default. Stacks take the taps of a window column by
 * column and the others line by line, so that tuning may choose among either, not between them.
 */
export function equalConvForms(gpu: Gpu, sizes: FormSizes): ConvForm[] {
  const stacked = classConvForm(gpu, sizes).kernel === "stack";
  return convForms(gpu, sizes).filter(({ kernel }) => (kernel === "stack") === stacked);
}

/** Channels of the output up to which the lanes of a wide tile would idle. */
const NARROW = 32;

/**
 * Convolutions that the same form suits: what tuning measures one of. Null for windows of one tap,
 * which are products of matrices and keep their defaults.
 */
export function convClass({ outShape, kernel }: FormSizes): "narrow" | "wide" | null {
  if (kernel[0] * kernel[1] === 1) return null;
  return outShape[3] <= NARROW ? "narrow" : "wide";
}

/**
 * The default of `conv2d` by class of adapter: that of a product of matrices, but stacks where that
 * one's lanes would idle because the channels of the output do not fill a subgroup. On llvmpipe (8 lanes,
 * four pictures of 48 × 48, 16 to 16 channels) stacks take half of the CPU time with 3 × 3 taps, which
 * load an input once for three of them, and 0.4 to 0.6 with 1 × 1. From 20 channels on the tile of the
 * product is as good where it reads textures; from buffers it is the better one from 64 on.
 */
export function classConvForm(gpu: Gpu, sizes: FormSizes): ConvForm {
  const [images, height, width, columns] = sizes.outShape;
  const rows = images * height * width;
  const product = gatheredForm(gpu, rows, columns);
  // Of one or two lines most of a stack would lie below the picture.
  if (!narrow(gpu, product, sizes) || height <= 2) return product;
  return stackForm(height, columns);
}

/**
 * The default form of `conv2dBackwardWeight`, as {@linkcode classConvForm}: 0.46 of the time with
 * 3 × 3 taps, 0.51 with stacks of 4; with 1 × 1 taps 0.7 if their channels fill a subgroup.
 *
 * @param channels of the input.
 */
export function defaultWeightForm(gpu: Gpu, sizes: FormSizes, channels: number): ConvForm {
  const { outShape: [images, height, width, columns], kernel } = sizes;
  const rows = kernel[0] * kernel[1] * channels;
  const slices = Math.ceil(images * height * width / LEAST_SLICE);
  // By size alone on CPU adapters: the tile decides how the pixels are cut, and so what is rounded.
  const product = gpu.adapter.software
    ? registerForm(gpu, rows, columns)
    : classForm(gpu, rows, columns, slices);
  // The lanes run along columns of taps and quads of channels.
  const lanes = kernel[1] * channels / 4;
  const idle = lanes < (gpu.adapter.subgroupSize ?? 0) || height <= 2;
  if (!narrow(gpu, product, sizes) || idle) return product;
  return stackForm(height, columns);
}

/** Pixels of the shortest slice of a sum over all of them: more slices cost more than they save. */
export const LEAST_SLICE = 256;

const stackForm = (height: number, columns: number): StackForm => ({
  kernel: "stack",
  rows: height > 4 ? 8 : 4,
  columns: columns > 4 ? 4 : 1,
});

function narrow(gpu: Gpu, product: MatmulForm, sizes: FormSizes): boolean {
  const [, , , columns] = sizes.outShape;
  return product.kernel === "broadcast" && stacks(gpu, sizes) &&
    columns <= 4 * (gpu.adapter.subgroupSize ?? 0);
}

/**
 * Refuses a form that a caller chose where it does not apply.
 *
 * @throws {RangeError} for stacks of windows that are not theirs.
 */
export function expectForm(name: string, gpu: Gpu, form: ConvForm, sizes: FormSizes): void {
  if (form.kernel !== "stack" || stacks(gpu, sizes)) return;
  const { kernel, stride, dilation } = sizes;
  throw new RangeError(
    `${name}: stacks need windows of 1 or 3 taps below each other without stride and dilation, ` +
      `got ${kernel.join(" × ")}, stride ${stride}, dilation ${dilation}`,
  );
}

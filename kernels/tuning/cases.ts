import { type Gpu, sameForm, type Tensor } from "@fiedler/gpu";
import { conv2d } from "../conv2d/conv2d.ts";
import { classConvForm, convClass, type ConvForm, equalConvForms } from "../conv2d/forms.ts";
import { classForm, matmulClass, type MatmulForm, matmulForms } from "../matmul/forms.ts";
import { matmul } from "../matmul/matmul.ts";
import type { RunnableCase } from "./measure.ts";

/** Forms of a case at most, the default among them. */
const MOST_FORMS = 8;

/** Rows of a sample: enough for a ragged tile of every form. */
const SAMPLE_ROWS = 37;
/** Length of a sample's sums. */
const SAMPLE_INNER = 64;

/** `images` products of `[rows, inner]` × `[inner, columns]`. */
interface ProductSizes {
  readonly images?: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** A 3 × 3 convolution of a square picture, `side` pixels each way. */
interface ConvSizes {
  readonly images: number;
  readonly side: number;
  readonly channels: number;
  readonly columns: number;
}

/** What a ViT-B and a segmenter compute: a ms or two on a large GPU, some ten on a small one. */
const HARDWARE = {
  products: [
    { rows: 1576, inner: 768, columns: 768 }, // 8 pictures of 197 tokens
    { rows: 197, inner: 768, columns: 768 },
    { images: 12, rows: 901, inner: 904, columns: 64 }, // weights of an attention times values
    { rows: 8, inner: 768, columns: 3072 },
  ],
  convolutions: [
    { images: 1, side: 48, channels: 256, columns: 256 },
    { images: 4, side: 96, channels: 32, columns: 32 },
  ],
} as const;

/** The same classes where every arithmetic operation counts: some ten ms of a core each. */
const SOFTWARE = {
  products: [
    { rows: 1088, inner: 64, columns: 1024 },
    { rows: 197, inner: 192, columns: 192 },
    { images: 2, rows: 197, inner: 200, columns: 64 },
    { rows: 8, inner: 192, columns: 192 },
  ],
  convolutions: [
    { images: 1, side: 16, channels: 64, columns: 64 },
    { images: 1, side: 48, channels: 16, columns: 16 },
  ],
} as const;

/** What is asked on a device, with its operands, which {@linkcode TuningCases.free} gives back. */
export interface TuningCases {
  readonly cases: readonly RunnableCase[];
  free(): void;
}

/** Every case of a device; operands are made when they are first used. */
export function tuningCases(gpu: Gpu): TuningCases {
  const { products, convolutions } = gpu.adapter.software ? SOFTWARE : HARDWARE;
  const tensors = new Map<string, Tensor>();
  const operand: Operand = (shape) => {
    const key = shape.join();
    let tensor = tensors.get(key);
    if (!tensor) tensors.set(key, tensor = gpu.upload(noise(shape), shape));
    return tensor;
  };
  return {
    cases: [
      ...products.map((sizes) => productCase(gpu, sizes, operand)),
      ...convolutions.map((sizes) => convCase(gpu, sizes, operand)),
    ],
    free: () => gpu.free(...tensors.values()),
  };
}

/** A tensor of a shape, always the same. */
type Operand = (shape: readonly number[]) => Tensor;

function productCase(
  gpu: Gpu,
  { images = 1, rows, inner, columns }: ProductSizes,
  operand: Operand,
): RunnableCase<MatmulForm> {
  const product = (rows: number, inner: number, form: MatmulForm) => {
    const [a, b] = [operand([images, rows, inner]), operand([images, inner, columns])];
    return gpu.scope(() => matmul(gpu, a, b, { form }));
  };
  const shapeClass = matmulClass(rows, columns, images);
  const order = shapeClass === "few" ? ORDER.few : orderOf(gpu);
  return {
    family: "matmul",
    shapeClass,
    shape: `${images > 1 ? `${images} × ` : ""}${rows} × ${inner} × ${columns}`,
    forms: promising(classForm(gpu, rows, columns, images), matmulForms(gpu), order),
    run: (form) => product(rows, inner, form),
    sample: (form) => product(Math.min(rows, SAMPLE_ROWS), SAMPLE_INNER, form),
    tolerance: sumTolerance(SAMPLE_INNER),
  };
}

function convCase(
  gpu: Gpu,
  { images, side, channels, columns }: ConvSizes,
  operand: Operand,
): RunnableCase<ConvForm> {
  const sizes = {
    outShape: [images, side, side, columns],
    kernel: [3, 3],
    stride: 1,
    dilation: 1,
  } as const;
  const convolution = (images: number, side: number, form: ConvForm) => {
    const x = operand([images, side, side, channels]);
    const weights = { weight: operand([3, 3, channels, columns]), bias: operand([columns]) };
    return gpu.scope(() => conv2d(gpu, x, weights, { padding: 1, form }));
  };
  return {
    family: "conv2d",
    shapeClass: convClass(sizes)!, // of nine taps
    shape: `${images > 1 ? `${images} × ` : ""}${side} × ${side}, 3 × 3, ${channels} → ${columns}`,
    forms: promising(classConvForm(gpu, sizes), equalConvForms(gpu, sizes), orderOf(gpu)),
    run: (form) => convolution(images, side, form),
    sample: (form) => convolution(1, 9, form),
    tolerance: sumTolerance(9 * channels),
  };
}

/** A form as far as it says whether it is worth a try. */
interface Tile {
  readonly kernel: "direct" | "broadcast" | "shared" | "stack";
  readonly rows: number;
  readonly down?: number;
}

/** What is tried first, in case that time runs out. */
const ORDER = {
  software: ["broadcast", "stack", "direct", "shared"],
  hardware: ["shared", "direct", "broadcast", "stack"],
  few: ["direct", "broadcast", "shared"],
} as const;

const orderOf = (gpu: Gpu) => ORDER[gpu.adapter.software ? "software" : "hardware"];

/** The default, then others by promise: no small tiles, which are there for small products. */
function promising<F extends Tile>(
  standard: F,
  all: readonly F[],
  order: readonly Tile["kernel"][],
): [F, ...F[]] {
  const others = all.filter((form) => !sameForm(form, standard) && !isSmall(form))
    .sort((a, b) => order.indexOf(a.kernel) - order.indexOf(b.kernel));
  return [standard, ...others.slice(0, MOST_FORMS - 1)];
}

const isSmall = ({ kernel, rows, down = 1 }: Tile): boolean =>
  kernel === "shared" ? rows * down < 64 : rows < 8;

/**
 * As the conformance tests: sums of k products of values in [-1/2, 1/2], rounded k times, here a
 * quarter of what they are in [-1, 1].
 */
const sumTolerance = (inner: number): number => 1e-6 + inner ** 1.5 * 2e-8;

/** Numbers in [-1/2, 1/2), the same on every call. */
function noise(shape: readonly number[]): Float32Array<ArrayBuffer> {
  const out = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < out.length; i++) out[i] = Math.imul(i + 1, 0x9e3779b1) / 2 ** 32;
  return out;
}

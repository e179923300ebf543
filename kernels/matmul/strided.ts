import {
  type AnyTensor,
  byteLength,
  type Gpu,
  GpuError,
  type Kernel,
  MAX_WORKGROUPS,
  type Tensor,
} from "@fiedler/gpu";
import { broadcastStep, defaultForm, fewestSplits, type MatmulForm, MOST_ROUNDS } from "./forms.ts";
import { tileLaunch } from "./launch.ts";
import { type MatmulArgs, matmulKernel } from "./matmul.gen.ts";
import { matmulBroadcastKernel } from "./matmul_broadcast.gen.ts";
import { matmulSharedKernel } from "./matmul_shared.gen.ts";
import { type MatmulSumsArgs, matmulSumsKernel } from "./matmul_sums.gen.ts";

/** Where a matrix of a batch lies in its tensor, in elements. */
export interface Layout {
  /** First element. Default 0. */
  readonly base?: number;
  /** From one image to the next. Default 0: the same for all. */
  readonly image?: number;
  /** From one head to the next. Default 0. */
  readonly head?: number;
  /** From one row to the next. */
  readonly row: number;
}

/** What happens to a product before it is stored. */
export interface Epilogue {
  /** Factor on the product. Default 1. */
  readonly scale?: number;
  /** `[columns]` f32, added to each row. */
  readonly bias?: Tensor;
  /** Exact GELU, x Φ(x), after the bias. Default false. */
  readonly gelu?: boolean;
  /** Added after the GELU; laid out by `residualLayout`. */
  readonly residual?: Tensor;
  /** max(x, 0), last of all. Default false. */
  readonly relu?: boolean;
}

/** Everything about {@linkcode matmulStrided} but the tensors. */
export interface StridedProduct extends Epilogue {
  /** Rows of a and of the product. */
  readonly rows: number;
  /** Columns of b and of the product. */
  readonly columns: number;
  /** Columns of a, the sum's length; a multiple of 4. */
  readonly inner: number;
  /** Rows that b has; a must hold zeros from there on. Default `inner`. */
  readonly bRows?: number;
  /** Outer axis of the batch; images × heads × splits ≤ 65535. Default 1. */
  readonly images?: number;
  /** Inner axis of the batch. Default 1. */
  readonly heads?: number;
  /** Where the `[rows, inner]` matrices of a lie; all numbers multiples of 4. */
  readonly a: Layout;
  /** Where the `[bRows, columns]` matrices of b lie; all numbers multiples of 4. */
  readonly b: Layout;
  /** Where the `[rows, columns]` products go. */
  readonly out: Layout;
  /** Elements from image to image and from row to row of the residual. Default 0 and 0. */
  readonly residualLayout?: { readonly image: number; readonly row: number };
  /**
   * Parts of the inner side that are multiplied apart and then added up, for long sums of which
   * there are too few for a GPU (rows ≤ 65535 then); `matmulSplits` says how many suit a size.
   * Another number rounds otherwise: where rows are a batch of pictures, a picture's result would
   * hang on the others, so that it is for gradients of weights, not for features. Default 1, and
   * more on CPU adapters for sums of over 195,000, which no loop there finishes.
   */
  readonly splits?: number;
  /** For tests and tuning. Default: by adapter. */
  readonly form?: MatmulForm;
}

/** Operands of {@linkcode matmulStrided}. */
export interface StridedTensors {
  /** Left operand. */
  readonly a: Tensor;
  /** Right operand; f16 as {@linkcode packHalves} makes it. Sums are f32 in any case. */
  readonly b: Tensor | Tensor<"f16">;
  /** Where the product goes. */
  readonly out: Tensor;
}

/**
 * out = epilogue(a · b) for a batch of matrices anywhere in their tensors: rows, heads and images
 * each have their stride.
 *
 * @throws {GpuError} when a stride that must be a multiple of 4 is not one.
 * @throws {RangeError} when `splits` is not a whole number from 1 on.
 */
export function matmulStrided(gpu: Gpu, tensors: StridedTensors, product: StridedProduct): void {
  const { rows, columns, inner, heads = 1, images = 1, splits: wanted = 1 } = product;
  requireQuads(product);
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new RangeError(`matmul: splits must be a whole number from 1 on, got ${wanted}`);
  }
  const splits = Math.max(wanted, fewestSplits(gpu, inner));
  const matrices = images * heads * splits;
  if (matrices > MAX_WORKGROUPS) {
    throw new GpuError(
      `matmul: at most ${MAX_WORKGROUPS} matrices a call, splits included, got ${matrices}`,
    );
  }
  if (splits === 1) {
    runProduct(gpu, tensors, product, product);
    return;
  }
  const one = rows * columns;
  gpu.scope(() => {
    const partials = gpu.empty([splits, images, heads, rows, columns]);
    const out = { image: heads * one, head: one, row: columns, split: images * heads * one };
    runProduct(gpu, { ...tensors, out: partials }, { ...product, splits, out }, {});
    sumPartials(gpu, partials, tensors.out, { ...product, splits });
  });
}

const KERNELS: Readonly<Record<MatmulForm["kernel"], Kernel<MatmulArgs>>> = {
  direct: matmulKernel,
  broadcast: matmulBroadcastKernel,
  shared: matmulSharedKernel,
};

/** One dispatch of the form's kernel; each split has an `out` of its own. */
function runProduct(
  gpu: Gpu,
  { a, b, out }: StridedTensors,
  product: StridedProduct & { readonly out: Layout & { readonly split?: number } },
  epilogue: Epilogue,
): void {
  const { rows, columns, inner, heads = 1, images = 1, splits = 1 } = product;
  const form = product.form ?? defaultForm(gpu, rows, columns, images * heads);
  const part = Math.ceil(inner / 4 / splits); // quads of the sum
  const params = {
    ...{ rows, columns, inner, bRows: product.bRows ?? inner, heads, images },
    scale: epilogue.scale ?? 1,
    ...layoutParams("a", product.a),
    ...layoutParams("b", product.b),
    ...layoutParams("out", product.out),
    ...residualParams(product),
    part,
    outSplit: product.out.split ?? 0,
  } as MatmulArgs["params"];
  // A binding needs a buffer even where nothing is read from it.
  const { bias = a, residual = a } = epilogue;
  const right = isHalf(b) ? { b: a, halves: asPairs(b) } : { b, halves: asPairs(a) };
  const flags = { ...epilogueFlags(epilogue), HALF: isHalf(b) ? 1 : 0 };
  const step = 4 * part > MOST_ROUNDS ? 4 : broadcastStep(gpu);
  const { tileRows, tileColumns, overrides, variants } = tileLaunch(gpu, form, columns, step);
  gpu.run(KERNELS[form.kernel], { a, ...right, bias, residual, out, params }, {
    workgroups: [
      Math.ceil(columns / tileColumns),
      Math.ceil(rows / tileRows),
      images * heads * splits,
    ],
    overrides: {
      ...flags,
      ...overrides,
      ...(form.kernel === "broadcast" && { AHEAD: gpu.adapter.texels ? 1 : 0 }),
    },
    variants,
    unread: [isHalf(b) ? "b" : "halves"],
  });
}

/** Adds up the partial products of the splits, and applies the epilogue. */
function sumPartials(gpu: Gpu, partials: Tensor, out: Tensor, product: StridedProduct): void {
  const { rows, columns, heads = 1, images = 1, splits = 1 } = product;
  const params = {
    ...{ rows, columns, heads, splits, partial: images * heads * rows * columns },
    scale: product.scale ?? 1,
    ...layoutParams("out", product.out),
    ...residualParams(product),
  } as MatmulSumsArgs["params"];
  const { bias = partials, residual = partials } = product;
  const { WORKGROUP } = matmulSumsKernel.overrides;
  gpu.run(matmulSumsKernel, { partials, bias, residual, out, params }, {
    workgroups: [Math.ceil(columns / WORKGROUP), rows, images * heads],
    overrides: epilogueFlags(product),
  });
}

const epilogueFlags = ({ bias, gelu, residual, relu }: Epilogue) => ({
  BIAS: bias ? 1 : 0,
  GELU: gelu ? 1 : 0,
  RESIDUAL: residual ? 1 : 0,
  RELU: relu ? 1 : 0,
});

const residualParams = ({ residualLayout }: StridedProduct) => ({
  residualImage: residualLayout?.image ?? 0,
  residualRow: residualLayout?.row ?? 0,
});

const isHalf = (b: Tensor | Tensor<"f16">): b is Tensor<"f16"> => b.dtype === "f16";

/** The same memory as words of 32 bits. */
const asPairs = (x: AnyTensor): Tensor<"u32"> => ({
  ...x,
  dtype: "u32",
  shape: [byteLength(x) / 4],
});

function layoutParams(name: string, { base = 0, image = 0, head = 0, row }: Layout) {
  // Modulo 2^32, as the kernel adds: a base may be negative where a chunk starts at a later head.
  return {
    [`${name}Base`]: base >>> 0,
    [`${name}Image`]: image,
    [`${name}Head`]: head,
    [`${name}Row`]: row,
  };
}

function requireQuads({ inner, a, b }: StridedProduct): void {
  for (const [name, layout] of [["a", a], ["b", b]] as const) {
    for (const [what, value] of Object.entries(layout)) {
      if (value % 4 === 0) continue;
      throw new GpuError(`matmul: ${name}.${what} must be a multiple of 4, got ${value}`);
    }
  }
  if (inner % 4 !== 0) throw new GpuError(`matmul: inner must be a multiple of 4, got ${inner}`);
}

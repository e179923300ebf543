import { type Gpu, GpuError, MAX_WORKGROUPS, type Tensor } from "@fiedler/gpu";
import { type MatmulArgs, matmulKernel } from "./matmul.gen.ts";
import { matmulBroadcastKernel } from "./matmul_broadcast.gen.ts";

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
  /** Outer axis of the batch; images × heads ≤ 65535. Default 1. */
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
  /** For tests and tuning. Default: by adapter. */
  readonly form?: MatmulForm;
}

/**
 * Which kernel computes a product, and its tile of `rows` × 4 · `columns` outputs per invocation.
 * Larger tiles are faster still on CPU adapters, but take their compilers seconds each.
 */
export interface MatmulForm {
  /** `"broadcast"` hands the rows of a round by subgroup, and needs one subgroup size. */
  readonly kernel: "direct" | "broadcast";
  /** Rows of the tile. */
  readonly rows: number;
  /** Columns of the tile in vectors of 4. */
  readonly columns: number;
}

const DIRECT_TILES = [[4, 1], [4, 2], [8, 2], [8, 4]] as const;
const BROADCAST_TILES = [[16, 1], [32, 1], [32, 2]] as const;

/** Subgroup sizes that `matmul_broadcast` has a variant for. */
const SUBGROUPS = [4, 8, 16, 32, 64];

/** Every form that runs on this adapter. */
export function matmulForms(gpu: Gpu): MatmulForm[] {
  const tiles = (kernel: MatmulForm["kernel"], sizes: readonly (readonly [number, number])[]) =>
    sizes.map(([rows, columns]) => ({ kernel, rows, columns }));
  const forms = tiles("direct", DIRECT_TILES);
  if (SUBGROUPS.includes(gpu.adapter.subgroupSize ?? 0)) {
    forms.push(...tiles("broadcast", BROADCAST_TILES));
  }
  return forms;
}

/**
 * The default form. On software adapters with subgroups the largest broadcast tile that fits,
 * since their loads cost far more than their arithmetic; elsewhere the direct tile.
 */
export function defaultForm(gpu: Gpu, rows: number, columns: number): MatmulForm {
  const size = gpu.adapter.subgroupSize ?? 0;
  if (!gpu.adapter.software || !SUBGROUPS.includes(size)) {
    return { kernel: "direct", rows: gpu.adapter.software ? 8 : 4, columns: 2 };
  }
  return {
    kernel: "broadcast",
    rows: rows > 16 ? 32 : 16,
    columns: rows > 16 && columns > 4 * size ? 2 : 1,
  };
}

/**
 * The workgroup of 64 invocations of a direct kernel: no wider than the columns, so that few of them
 * leave none idle.
 */
export function directGroup({ rows, columns }: MatmulForm, width: number) {
  let x = 8;
  while (x > 1 && x / 2 * 4 * columns >= width) x /= 2;
  const y = 64 / x;
  return {
    tileRows: y * rows,
    tileColumns: x * 4 * columns,
    overrides: { WORKGROUP_X: x, WORKGROUP_Y: y },
  };
}

/**
 * out = epilogue(a · b) for a batch of matrices anywhere in their tensors: rows, heads and images
 * each have their stride.
 *
 * @throws {GpuError} when a stride that must be a multiple of 4 is not one.
 */
export function matmulStrided(
  gpu: Gpu,
  { a, b, out }: { readonly a: Tensor; readonly b: Tensor; readonly out: Tensor },
  product: StridedProduct,
): void {
  const { rows, columns, inner, heads = 1, images = 1 } = product;
  requireQuads(product);
  const form = product.form ?? defaultForm(gpu, rows, columns);
  const kernel = form.kernel === "direct" ? matmulKernel : matmulBroadcastKernel;
  const params = {
    rows,
    columns,
    inner,
    bRows: product.bRows ?? inner,
    heads,
    scale: product.scale ?? 1,
    ...layoutParams("a", product.a),
    ...layoutParams("b", product.b),
    ...layoutParams("out", product.out),
    residualImage: product.residualLayout?.image ?? 0,
    residualRow: product.residualLayout?.row ?? 0,
  } as MatmulArgs["params"];
  const epilogue = {
    BIAS: product.bias ? 1 : 0,
    GELU: product.gelu ? 1 : 0,
    RESIDUAL: product.residual ? 1 : 0,
    RELU: product.relu ? 1 : 0,
  };
  // A binding needs a buffer even where the epilogue does not read it.
  const args = { a, b, bias: product.bias ?? b, residual: product.residual ?? b, out, params };
  const matrices = images * heads;
  if (matrices > MAX_WORKGROUPS) {
    throw new GpuError(`matmul: at most ${MAX_WORKGROUPS} matrices a call, got ${matrices}`);
  }
  if (form.kernel === "direct") {
    const { tileRows, tileColumns, overrides } = directGroup(form, columns);
    gpu.run(kernel, args, {
      workgroups: [Math.ceil(columns / tileColumns), Math.ceil(rows / tileRows), matrices],
      overrides: { ...epilogue, ...overrides },
      variants: { ROWS: form.rows, COLUMNS: form.columns },
    });
    return;
  }
  const size = gpu.adapter.subgroupSize ?? 0;
  gpu.run(kernel, args, {
    workgroups: [
      Math.ceil(columns / (size * 4 * form.columns)),
      Math.ceil(rows / form.rows),
      matrices,
    ],
    overrides: { ...epilogue, WORKGROUP: size },
    variants: { SUBGROUP: size, ROWS: form.rows, COLUMNS: form.columns },
  });
}

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

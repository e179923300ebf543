import { elements, expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { symmetricProductKernel } from "./symmetric_product.gen.ts";
import { symmetricProductBroadcastKernel } from "./symmetric_product_broadcast.gen.ts";
import { symmetricProductQuadsKernel } from "./symmetric_product_quads.gen.ts";

/** Widths of a block of vectors that the eigensolver's kernels take. */
export const BLOCKS: readonly number[] = [4, 8, 16, 32];

/** Options of {@linkcode symmetricProduct}. */
export interface SymmetricProductOptions {
  /** `[images]` f32: multiple of `x` that is added, `(a + shift · 1) x`. Default: 0. */
  readonly shifts?: Tensor;
  /** `[images]` u32: images with an entry other than 0 are left out. Default: none is. */
  readonly settled?: Tensor<"u32">;
  /** Where the result goes. Default: a new tensor. */
  readonly out?: Tensor;
  /** Take the form with or without subgroup broadcasts. Default: what the adapter offers. */
  readonly broadcast?: boolean;
  /** Parts each sum is cut into. Default 1 on a CPU adapter, else 8. */
  readonly slices?: number;
  /**
   * Sums of one invocation with broadcasts: 1, 2 or 4. Default 4 on a CPU adapter, 2 on one that
   * reads through textures, else 1.
   */
  readonly rows?: number;
  /**
   * Take the form with broadcasts whose lanes have four columns side by side, for matrices whose
   * columns are a multiple of 4. Default: where kernels read through textures, unless another form
   * is asked for.
   */
  readonly quads?: boolean;
}

/** Symmetric matrices by what they do to vectors, for those that nobody needs to write out. */
export interface SymmetricOperator {
  /** How many matrices there are. */
  readonly images: number;
  /** Rows and columns of each. */
  readonly nodes: number;
  /** Records `(a + shift · 1) x` for a block of vectors `[images, nodes, block]`. */
  readonly product: (x: Tensor, options: SymmetricProductOptions) => Tensor;
}

/**
 * The operator of matrices that are written out.
 *
 * @param a `[images, nodes, nodes]` f32, symmetric.
 * @throws {ShapeError} when the matrices are not square.
 */
export function matrixOperator(gpu: Gpu, a: Tensor): SymmetricOperator {
  const { images, nodes } = expectShape("matrixOperator: a", a, "[images, nodes, nodes]");
  return { images, nodes, product: (x, options) => symmetricProduct(gpu, a, x, options) };
}

/**
 * Product of symmetric matrices with blocks of a few vectors, the work horse of the eigensolver.
 *
 * @param a `[images, nodes, nodes]` f32, symmetric.
 * @param x `[images, nodes, block]` f32, or `[1, nodes, block]` for all images; block in
 * {@linkcode BLOCKS}.
 * @returns `[images, nodes, block]` f32.
 * @throws {ShapeError} when sizes disagree or the block has another width.
 * @throws {RangeError} when broadcasts are asked for that the adapter does not have.
 */
export function symmetricProduct(
  gpu: Gpu,
  a: Tensor,
  x: Tensor,
  options: SymmetricProductOptions = {},
): Tensor {
  expectShape("symmetricProduct: a", a, "[images, nodes, nodes]");
  return panelProduct(gpu, [a], x, options);
}

/**
 * The same product with matrices that are cut into panels of columns, to the bit: for those that
 * are larger than the adapter binds at once.
 *
 * @param panels `[images, nodes, columns]` f32, from left to right, of nodes columns together.
 * @param x as of {@linkcode symmetricProduct}.
 * @returns `[images, nodes, block]` f32.
 * @throws {ShapeError} when sizes disagree or the block has another width.
 */
export function panelProduct(
  gpu: Gpu,
  panels: readonly Tensor[],
  x: Tensor,
  { shifts, settled, out, ...form }: SymmetricProductOptions = {},
): Tensor {
  const [images, nodes] = panels[0].shape;
  expectShape("symmetricProduct: x", x, `[images, ${nodes}, block]`);
  const block = x.shape[2];
  quadsOf("symmetricProduct", block);
  out ??= gpu.empty([images, nodes, block]);
  settled ??= gpu.zeros([images], "u32");
  shifts ??= gpu.zeros([images]);
  let first = 0;
  for (const a of panels) {
    const { columns } = expectShape("panelProduct: a", a, `[${images}, ${nodes}, columns]`);
    runProduct(gpu, { a, x, shifts, settled, out }, first, form);
    first += columns;
  }
  if (first === nodes) return out;
  throw new ShapeError(`panelProduct: panels must have ${nodes} columns together, got ${first}`);
}

interface ProductArgs {
  readonly a: Tensor;
  readonly x: Tensor;
  readonly shifts: Tensor;
  readonly settled: Tensor<"u32">;
  readonly out: Tensor;
}

type ProductForm = Pick<SymmetricProductOptions, "broadcast" | "slices" | "rows" | "quads">;

/** The rows of the product that the columns of `a` make, from row `first` on. */
function runProduct(gpu: Gpu, args: ProductArgs, first: number, form: ProductForm): void {
  const { subgroupSize: subgroup, software, texels } = gpu.adapter;
  const [images, nodes, columns] = args.a.shape;
  const quads = args.x.shape[2] / 4;
  const x_stride = sharedStride("symmetricProduct: x", args.x, images) / 4;
  const params = { nodes, columns, first, x_stride };
  const { slices, broadcast, rows } = form;
  const free = slices === undefined && broadcast === undefined && rows === undefined;
  const SLICES = slices ?? (software ? 1 : 8);
  if (!(form.quads || (broadcast ?? subgroup !== null))) {
    const { LANES } = symmetricProductKernel.overrides;
    gpu.run(symmetricProductKernel, { ...args, params }, {
      workgroups: [Math.ceil(columns / LANES), images],
      overrides: { SLICES },
      variants: { QUADS: quads },
    });
  } else if (subgroup === null) {
    throw new RangeError("symmetricProduct: broadcast needs subgroups of one size");
  } else if (form.quads ?? (free && texels && columns % 4 === 0)) {
    const QUADS = Math.min(quads, 4);
    gpu.run(symmetricProductQuadsKernel, { ...args, params: { ...params, quads } }, {
      workgroups: [Math.ceil(columns / (4 * subgroup)), quads / QUADS, images],
      variants: { SUBGROUP: subgroup, QUADS },
    });
  } else {
    const ROWS = rows ?? (texels ? 2 : software ? 4 : 1);
    gpu.run(symmetricProductBroadcastKernel, { ...args, params }, {
      workgroups: [Math.ceil(columns / (subgroup * ROWS)), images],
      overrides: { SLICES },
      variants: { SUBGROUP: subgroup, QUADS: quads, ROWS },
    });
  }
}

/** Width of a block in vec4. */
export function quadsOf(what: string, block: number): number {
  if (BLOCKS.includes(block)) return block / 4;
  throw new ShapeError(`${what}: the block must be one of ${BLOCKS.join(", ")}, got ${block}`);
}

/** Elements from image to image of an operand that all images may share: 0 then. */
export function sharedStride(what: string, { shape }: Tensor, images: number): number {
  if (shape[0] === images) return elements(shape) / images;
  if (shape[0] === 1) return 0;
  throw new ShapeError(`${what} must come once or for each of ${images} images, got ${shape[0]}`);
}

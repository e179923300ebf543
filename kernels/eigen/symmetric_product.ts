import { elements, expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { symmetricProductKernel } from "./symmetric_product.gen.ts";
import { symmetricProductBroadcastKernel } from "./symmetric_product_broadcast.gen.ts";

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
  /** Sums of one invocation with broadcasts: 1, 2 or 4. Default 4 on a CPU adapter, else 1. */
  readonly rows?: number;
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
  { shifts, settled, out, broadcast, slices, rows }: SymmetricProductOptions = {},
): Tensor {
  const [images, nodes] = panels[0].shape;
  expectShape("symmetricProduct: x", x, `[images, ${nodes}, block]`);
  const block = x.shape[2];
  const QUADS = quadsOf("symmetricProduct", block);
  const x_stride = sharedStride("symmetricProduct: x", x, images) / 4;
  out ??= gpu.empty([images, nodes, block]);
  settled ??= gpu.zeros([images], "u32");
  shifts ??= gpu.zeros([images]);
  const subgroup = gpu.adapter.subgroupSize;
  const SLICES = slices ?? (gpu.adapter.software ? 1 : 8);
  const ROWS = rows ?? (gpu.adapter.software ? 4 : 1);
  let first = 0;
  for (const a of panels) {
    const { columns } = expectShape("panelProduct: a", a, `[${images}, ${nodes}, columns]`);
    const args = { a, x, shifts, settled, out, params: { nodes, columns, first, x_stride } };
    if (broadcast ?? subgroup !== null) {
      if (subgroup === null) {
        throw new RangeError("symmetricProduct: broadcast needs subgroups of one size");
      }
      gpu.run(symmetricProductBroadcastKernel, args, {
        workgroups: [Math.ceil(columns / (subgroup * ROWS)), images],
        overrides: { SLICES },
        variants: { SUBGROUP: subgroup, QUADS, ROWS },
      });
    } else {
      const { LANES } = symmetricProductKernel.overrides;
      gpu.run(symmetricProductKernel, args, {
        workgroups: [Math.ceil(columns / LANES), images],
        overrides: { SLICES },
        variants: { QUADS },
      });
    }
    first += columns;
  }
  if (first === nodes) return out;
  throw new ShapeError(`panelProduct: panels must have ${nodes} columns together, got ${first}`);
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

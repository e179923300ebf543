import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import {
  quadsOf,
  type SymmetricOperator,
  type SymmetricProductOptions,
} from "../eigen/symmetric_product.ts";
import type { BinaryGraph } from "./binary_graph.ts";
import { binaryProductKernel } from "./binary_product.gen.ts";
import { binaryProductBroadcastKernel } from "./binary_product_broadcast.gen.ts";
import { scaleBlockKernel } from "./scale_block.gen.ts";

/** The operator D^(-1/2) W D^(-1/2) of graphs kept as bits. */
export function binaryOperator(gpu: Gpu, graph: BinaryGraph): SymmetricOperator {
  const [images, nodes] = graph.bits.shape;
  return { images, nodes, product: (x, options) => binaryProduct(gpu, graph, x, options) };
}

/**
 * Product of the normalised affinities D^(-1/2) W D^(-1/2) of binary graphs with blocks of a few
 * vectors: with z = D^(-1/2) x, W z = ε Σ z + (1 − ε) B z.
 *
 * @param x `[images, patches, block]` f32; block in `BLOCKS`.
 * @returns `[images, patches, block]` f32.
 * @throws {ShapeError} when sizes disagree or the block has another width.
 * @throws {RangeError} when broadcasts are asked for that the adapter does not have.
 */
export function binaryProduct(
  gpu: Gpu,
  { bits, invSqrtDegree: scale, epsilon, diagonal }: BinaryGraph,
  x: Tensor,
  { shifts, settled, out, broadcast, slices, rows }: SymmetricProductOptions = {},
): Tensor {
  const [images, nodes, words] = bits.shape;
  expectShape("binaryProduct: x", x, `[${images}, ${nodes}, block]`);
  const QUADS = quadsOf("binaryProduct", x.shape[2]);
  const subgroup = gpu.adapter.subgroupSize;
  const SLICES = slices ?? (gpu.adapter.software ? 1 : 8);
  const drop_diagonal = diagonal === "dropped" ? 1 : 0;
  return gpu.scope(() => {
    out ??= gpu.empty(x.shape);
    settled ??= gpu.zeros([images], "u32");
    shifts ??= gpu.zeros([images]);
    const z = gpu.empty(x.shape);
    const total = gpu.empty([images, x.shape[2]]);
    gpu.run(scaleBlockKernel, { x, scale, settled, z, total, params: { nodes } }, {
      workgroups: [images],
      variants: { QUADS },
    });
    const params = { nodes, words, epsilon, drop_diagonal };
    const args = { bits, z, total, x, scale, shifts, settled, out, params };
    if (broadcast ?? subgroup !== null) {
      if (subgroup === null) {
        throw new RangeError("binaryProduct: broadcast needs subgroups of one size");
      }
      const ROWS = rows ?? (gpu.adapter.software ? 4 : 1);
      gpu.run(binaryProductBroadcastKernel, args, {
        workgroups: [Math.ceil(nodes / (subgroup * ROWS)), images],
        overrides: { SLICES },
        variants: { SUBGROUP: subgroup, QUADS, ROWS },
      });
    } else {
      const { LANES } = binaryProductKernel.overrides;
      gpu.run(binaryProductKernel, args, {
        workgroups: [Math.ceil(nodes / LANES), images],
        overrides: { SLICES },
        variants: { QUADS },
      });
    }
    return out;
  });
}

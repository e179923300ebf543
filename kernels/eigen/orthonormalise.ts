import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { orthonormaliseKernel } from "./orthonormalise.gen.ts";
import { orthonormaliseSubgroupKernel } from "./orthonormalise_subgroup.gen.ts";
import { quadsOf, sharedStride } from "./symmetric_product.ts";

/** Options of {@linkcode orthonormalise}. */
export interface OrthonormaliseOptions {
  /** `[images, block, block]` f32: the columns of `x · rotation` are taken. Default: of `x`. */
  readonly rotation?: Tensor;
  /** `[images]` u32: images with an entry other than 0 are left out. Default: none is. */
  readonly settled?: Tensor<"u32">;
  /** Where the result goes; not `x` itself. Default: a new tensor of the shape of `x`. */
  readonly out?: Tensor;
  /**
   * Take the form of one subgroup for an image, for blocks of 16 and subgroups of 8. Default: where
   * it runs, on CPU adapters.
   */
  readonly subgroup?: boolean;
}

/**
 * Lanes of llvmpipe with AVX2, which orthonormalise_subgroup.wgsl is written for. SwiftShader, which
 * has 4, would compile it for minutes.
 */
const SUBGROUP = 8;

/**
 * An orthonormal basis of the columns of each block, in the order of Gram and Schmidt. A column
 * that depends on those before it, to some 1e-5 of its length, becomes zero; so does whatever
 * exceeds the number of nodes.
 *
 * Source: Fukaya et al. 2020, arXiv 1809.11085 (shifted Cholesky-QR 3).
 *
 * @param x `[images, nodes, block]` f32, or `[1, nodes, block]` for all images of `out`; columns
 * between 1e-18 and 1e18 long; block in `BLOCKS`.
 * @returns `[images, nodes, block]` f32.
 * @throws {ShapeError} when sizes disagree or the block has another width.
 * @throws {RangeError} when the form of one subgroup is asked for and there is none.
 */
export function orthonormalise(
  gpu: Gpu,
  x: Tensor,
  { rotation, settled, out, subgroup }: OrthonormaliseOptions = {},
): Tensor {
  const { nodes, block } = expectShape("orthonormalise: x", x, "[images, nodes, block]");
  const QUADS = quadsOf("orthonormalise: x", block);
  rotation ??= identity(gpu, block);
  expectShape("orthonormalise: rotation", rotation, `[images, ${block}, ${block}]`);
  out ??= gpu.empty(x.shape);
  expectShape("orthonormalise: out", out, `[images, ${nodes}, ${block}]`);
  const images = out.shape[0];
  settled ??= gpu.zeros([images], "u32");
  const params = {
    nodes,
    y_stride: sharedStride("orthonormalise: x", x, images) / 4,
    rotation_stride: sharedStride("orthonormalise: rotation", rotation, images) / 4,
  };
  const args = { y: x, rotation, settled, x: out, params };
  const { software, subgroupSize } = gpu.adapter;
  const possible = block === 16 && subgroupSize === SUBGROUP;
  if (!(subgroup ?? (possible && software))) {
    gpu.run(orthonormaliseKernel, args, { workgroups: [images], variants: { QUADS } });
  } else if (possible) {
    gpu.run(orthonormaliseSubgroupKernel, args, { workgroups: [images] });
  } else {
    throw new RangeError(
      `orthonormalise: the form of one subgroup takes a block of 16 and subgroups of ${SUBGROUP}, ` +
        `got a block of ${block} and subgroups of ${subgroupSize ?? "no fixed size"}`,
    );
  }
  return out;
}

/** `[1, size, size]`, ones on the diagonal. */
export function identity(gpu: Gpu, size: number): Tensor {
  const ones = Float32Array.from({ length: size * size }, (_, at) => at % (size + 1) ? 0 : 1);
  return gpu.upload(ones, [1, size, size]);
}

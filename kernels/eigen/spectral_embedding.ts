import { expectShape, type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { l2Normalise } from "../affinity/l2_normalise.ts";
import { spectralEmbeddingKernel } from "./spectral_embedding.gen.ts";

/** Options of {@linkcode spectralEmbedding}. */
export interface SpectralEmbeddingOptions {
  /**
   * What the points are. `"sklearn"`: the first `columns` vectors times D^(-1/2), of which the
   * first is constant on a connected graph. `"dss"`: the same without the first vector, so one
   * column less (Deep Spectral Methods). `"njw"`: the first `columns` vectors, each point scaled
   * to unit length (Ng, Jordan and Weiss 2001).
   */
  readonly kind: "sklearn" | "dss" | "njw";
  /** Vectors used: the number of clusters for `"sklearn"` and `"njw"`, K for `"dss"`. */
  readonly columns: number;
}

/**
 * Points for k-means from the eigenvectors of a graph. The sign of each vector is fixed: its
 * entry of largest magnitude is positive, the first of several.
 *
 * Source: scikit-learn, `spectral_embedding` with `drop_first=False`.
 *
 * @param vectors `[images, nodes, count]` f32, of the normalised affinity, largest value first.
 * @param invSqrtDegree `[images, nodes]` f32.
 * @returns `[images, nodes, columns]` f32, for `"dss"` `[images, nodes, columns - 1]`.
 * @throws {RangeError} when there are fewer vectors than `columns`.
 */
export function spectralEmbedding(
  gpu: Gpu,
  vectors: Tensor,
  invSqrtDegree: Tensor,
  { kind, columns }: SpectralEmbeddingOptions,
): Tensor {
  const { images, nodes, count } = expectShape(
    "spectralEmbedding: vectors",
    vectors,
    "[images, nodes, count]",
  );
  expectShape("spectralEmbedding: invSqrtDegree", invSqrtDegree, `[${images}, ${nodes}]`);
  const first = kind === "dss" ? 1 : 0;
  if (!Number.isInteger(columns) || columns <= first || columns > count) {
    throw new RangeError(
      `spectralEmbedding: columns must be from ${first + 1} to ${count}, got ${columns}`,
    );
  }
  const width = columns - first;
  const params = { nodes, count, first, columns: width, scaled: kind === "njw" ? 0 : 1 };
  return gpu.scope(() => {
    const out = gpu.empty([images, nodes, width]);
    gpu.run(spectralEmbeddingKernel, { vectors, scale: invSqrtDegree, out, params }, {
      workgroups: [width, images],
    });
    if (kind !== "njw") return out;
    return reshape(l2Normalise(gpu, reshape(out, [images * nodes, width])), out.shape);
  });
}

import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { resizeMatrix } from "../eigen/resize_matrix.ts";
import { canonicalLabels, type Clusters } from "../k_means/canonical_labels.ts";
import { MAX_CLUSTERS } from "../k_means/k_means.ts";
import { polarFactor } from "../polar_factor/polar_factor.ts";
import { clusterQrLabelsKernel } from "./cluster_qr_labels.gen.ts";
import { clusterQrPivotsKernel } from "./cluster_qr_pivots.gen.ts";

/**
 * Splits the points of each image into as many clusters as they have columns, without a seed: QR
 * with column pivoting picks k points that stand for the clusters, the polar factor of these k × k
 * numbers turns the axes onto them, and each point goes to the axis it is longest along.
 *
 * Of points that reach equally far out of the span of the pivots before, the first becomes the
 * pivot; of axes along which a point is equally long, the first that was picked gets it. Points
 * that span r < k dimensions, to 1e-5 of their length, give at most r clusters. A point at the
 * origin goes to the first pivot's cluster.
 *
 * Source: Damle, Minden and Ying 2019, "Simple, direct and efficient multi-way spectral
 * clustering"; scikit-learn's `cluster_qr`.
 *
 * @param embedding `[images, patches, k]` f32: k eigenvectors, k from 1 to 16.
 * @throws {ShapeError} when `embedding` has other axes.
 * @throws {RangeError} when there are too many columns.
 *
 * @example
 * ```ts
 * import { Gpu } from "@fiedler/gpu";
 * import { clusterQr } from "@fiedler/kernels";
 * import assert from "node:assert/strict";
 *
 * const gpu = await Gpu.open();
 * const points = gpu.upload(Float32Array.of(0, 9, 1, 0.1, 0.2, 8), [1, 3, 2]); // three of the plane
 * const { labels } = clusterQr(gpu, points);
 * assert.deepEqual([...await gpu.read(labels)], [0, 1, 0]);
 * gpu.close();
 * ```
 */
export function clusterQr(gpu: Gpu, embedding: Tensor): Clusters {
  const { images, patches, k } = expectShape(
    "clusterQr: embedding",
    embedding,
    "[images, patches, k]",
  );
  if (k < 1 || k > MAX_CLUSTERS) {
    throw new RangeError(`clusterQr: columns must be from 1 to ${MAX_CLUSTERS}, got ${k}`);
  }
  const quads = Math.ceil(k / 4);
  const variants = { QUADS: quads };
  return gpu.scope(() => {
    const points = resizeMatrix(gpu, embedding, patches, 4 * quads);
    const residuals = gpu.empty(points.shape);
    const pivots = gpu.empty([images, 4 * quads, 4 * quads]);
    const params = { nodes: patches, k };
    gpu.run(clusterQrPivotsKernel, { points, residuals, pivots, params }, {
      workgroups: [images],
      variants,
    });
    const rotation = polarFactor(gpu, pivots);
    const labels = gpu.empty([images, patches], "u32");
    gpu.run(clusterQrLabelsKernel, { points, rotation, labels, params: { nodes: patches } }, {
      workgroups: [Math.ceil(patches / clusterQrLabelsKernel.overrides.WORKGROUP), images],
      variants,
    });
    return canonicalLabels(gpu, labels);
  });
}

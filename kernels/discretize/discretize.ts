import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { resizeMatrix } from "../eigen/resize_matrix.ts";
import { canonicalLabels, type Clusters } from "../k_means/canonical_labels.ts";
import { MAX_CLUSTERS } from "../k_means/k_means.ts";
import { polarFactor } from "../polar_factor/polar_factor.ts";
import { uniforms } from "../random/philox.ts";
import { discretizeStartKernel } from "./discretize_start.gen.ts";
import { discretizeStepKernel } from "./discretize_step.gen.ts";

/** Rotations from the labels before, as in scikit-learn: labels are assigned once more. */
const ROTATIONS = 20;

/** Options of {@linkcode discretize}. */
export interface DiscretizeOptions {
  /** Seed of the first row of the rotation; the same seed gives the same labels. */
  readonly seed: number;
  /** Patch whose row comes first, in every image, instead of a random one. */
  readonly start?: number;
}

/**
 * Splits the points of each image into as many clusters as they have columns: each column is
 * scaled to the same length, each point to unit length, and a rotation is sought that brings the
 * points close to the axes. Labels give the best rotation, the polar factor of the sums of each
 * cluster's points, which gives labels, until none changes, 20 times at most.
 *
 * scikit-learn stops when the normalised cut stays the same to 2e-16, which is when no label
 * changes, and turns each column so that its first entry is negative, which no label depends on. Of
 * axes equally close to a point the first is taken. A point at the origin goes to the first
 * cluster. A cluster without points gets the one that is farthest from its own axis; there
 * scikit-learn goes on from whatever LAPACK gives for a vector of singular value 0.
 *
 * Source: Yu and Shi 2003, "Multiclass spectral clustering"; scikit-learn's `discretize`.
 *
 * @param embedding `[images, patches, k]` f32: k eigenvectors, k from 1 to 16; columns between
 * 1e-18 and 1e18 long, or zero.
 * @throws {ShapeError} when `embedding` has other axes.
 * @throws {RangeError} when there are too many columns, or the start is no patch.
 *
 * @example
 * ```ts
 * import { Gpu } from "@fiedler/gpu";
 * import { discretize } from "@fiedler/kernels";
 * import assert from "node:assert/strict";
 *
 * const gpu = await Gpu.open();
 * const points = gpu.upload(Float32Array.of(1, 2, 1, -1, 1, 1.9), [1, 3, 2]); // three of the plane
 * const { labels } = discretize(gpu, points, { seed: 0 });
 * assert.deepEqual([...await gpu.read(labels)], [0, 1, 0]);
 * gpu.close();
 * ```
 */
export function discretize(
  gpu: Gpu,
  embedding: Tensor,
  { seed, start }: DiscretizeOptions,
): Clusters {
  const { images, patches, k } = expectShape(
    "discretize: embedding",
    embedding,
    "[images, patches, k]",
  );
  if (k < 1 || k > MAX_CLUSTERS) {
    throw new RangeError(`discretize: columns must be from 1 to ${MAX_CLUSTERS}, got ${k}`);
  }
  start ??= Math.min(Math.floor(uniforms(1, { seed, stream: k })[0] * patches), patches - 1);
  if (!Number.isInteger(start) || start < 0 || start >= patches) {
    throw new RangeError(`discretize: start must be from 0 to ${patches - 1}, got ${start}`);
  }
  const quads = Math.ceil(k / 4);
  const launch = { workgroups: [images], variants: { QUADS: quads } };
  return gpu.scope(() => {
    const rows = gpu.empty([images, patches, 4 * quads]);
    const overlaps = gpu.empty([images, patches]);
    const rotation = gpu.empty([images, 4 * quads, 4 * quads]);
    gpu.run(discretizeStartKernel, {
      points: resizeMatrix(gpu, embedding, patches, 4 * quads),
      rows,
      overlaps,
      rotation,
      params: { nodes: patches, k, start },
    }, launch);
    const labels = gpu.empty([images, patches], "u32");
    const fits = gpu.empty([images, patches]);
    const members = gpu.empty(rotation.shape);
    const settled = gpu.zeros([images], "u32");
    for (let step = 0; step <= ROTATIONS; step++) {
      if (step > 0) polarFactor(gpu, members, { settled, out: rotation });
      const params = { nodes: patches, k, first_step: step === 0 ? 1 : 0 };
      const args = { rows, rotation, labels, fits, members, settled, params };
      gpu.run(discretizeStepKernel, args, launch);
    }
    return canonicalLabels(gpu, labels);
  });
}

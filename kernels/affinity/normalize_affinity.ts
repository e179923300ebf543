import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { normalizeAffinityKernel } from "./normalize_affinity.gen.ts";
import { normalizeAffinityQuadsKernel } from "./normalize_affinity_quads.gen.ts";

/**
 * The normalised affinity D^(-1/2) W D^(-1/2), written over `affinity`: at 64 MB a matrix for
 * 4,000 nodes, one is enough.
 *
 * Source: von Luxburg 2007, §3.2.
 *
 * @param affinity `[images, nodes, nodes]` f32, symmetric; overwritten.
 * @param invSqrtDegree `[images, nodes]` f32.
 * @returns `affinity`.
 * @throws {ShapeError} when sizes disagree.
 */
export function normalizeAffinity(gpu: Gpu, affinity: Tensor, invSqrtDegree: Tensor): Tensor {
  const { images, nodes } = expectShape(
    "normalizeAffinity: affinity",
    affinity,
    "[images, nodes, nodes]",
  );
  expectShape("normalizeAffinity: invSqrtDegree", invSqrtDegree, `[${images}, ${nodes}]`);
  normalizeColumns(gpu, affinity, invSqrtDegree, 0);
  return affinity;
}

/**
 * The same for some columns of it.
 *
 * @param affinity `[images, nodes, columns]` f32, the columns from `first` on; overwritten.
 */
export function normalizeColumns(
  gpu: Gpu,
  affinity: Tensor,
  invSqrtDegree: Tensor,
  first: number,
): void {
  const [images, nodes, columns] = affinity.shape;
  const args = { affinity, scale: invSqrtDegree, params: { nodes, columns, first } };
  const quads = gpu.adapter.texels && [nodes, columns, first].every((size) => size % 4 === 0);
  const kernel = quads ? normalizeAffinityQuadsKernel : normalizeAffinityKernel;
  const { WORKGROUP } = kernel.overrides;
  gpu.run(kernel, args, {
    workgroups: [Math.ceil(columns / (quads ? 4 * WORKGROUP : WORKGROUP)), nodes, images],
  });
}

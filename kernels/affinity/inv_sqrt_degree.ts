import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { invSqrtDegreeKernel } from "./inv_sqrt_degree.gen.ts";
import { invSqrtDegreeQuadsKernel } from "./inv_sqrt_degree_quads.gen.ts";
import { quadRowLaunch, type RowLanes, rowLaunch } from "./row_launch.ts";

/**
 * Inverse square root of each node's degree: the diagonal of D^(-1/2). A node without neighbours
 * gets 1, as in scikit-learn; so does one whose degree is negative, which a raw cosine affinity
 * can have and for which the normalised Laplacian is not defined.
 *
 * Source: von Luxburg 2007, §3.2.
 *
 * @param affinity `[images, nodes, nodes]` f32, symmetric, non-negative.
 * @returns `[images, nodes]` f32.
 * @throws {ShapeError} when the matrices are not square.
 */
export function invSqrtDegree(gpu: Gpu, affinity: Tensor, { lanes }: RowLanes = {}): Tensor {
  const { images, nodes } = expectShape(
    "invSqrtDegree: affinity",
    affinity,
    "[images, nodes, nodes]",
  );
  const rows = images * nodes;
  const out = gpu.empty([images, nodes]);
  const args = { affinity, out, params: { rows, nodes } };
  const quads = lanes === undefined && quadRowLaunch(gpu, rows, nodes);
  if (quads) gpu.run(invSqrtDegreeQuadsKernel, args, quads);
  else gpu.run(invSqrtDegreeKernel, args, rowLaunch(gpu, rows, lanes));
  return out;
}

import { expectShape, type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { kMeansPickKernel } from "./k_means_pick.gen.ts";

/** A clustering of each image. */
export interface Clusters {
  /** `[images, nodes]` u32, numbered by first occurrence. */
  readonly labels: Tensor<"u32">;
  /** `[images]` u32, clusters that hold a node. */
  readonly clusters: Tensor<"u32">;
}

/**
 * Labels renumbered by first occurrence, so that clusterings can be compared: the last step of
 * k-means, for one restart.
 *
 * @param labels `[images, nodes]` u32, below 16.
 */
export function canonicalLabels(gpu: Gpu, labels: Tensor<"u32">): Clusters {
  const { images, nodes } = expectShape("canonicalLabels: labels", labels, "[images, nodes]");
  return gpu.scope(() => {
    const out = gpu.empty([images, nodes], "u32");
    const scores = gpu.zeros([images, 1]);
    const inertia = gpu.empty([images]);
    const clusters = gpu.empty([images], "u32");
    gpu.run(kMeansPickKernel, {
      candidates: reshape(labels, [images, 1, nodes]),
      scores,
      labels: out,
      inertia,
      clusters,
      params: { nodes, restarts: 1 },
    }, { workgroups: [images] });
    return { labels: out, clusters };
  });
}

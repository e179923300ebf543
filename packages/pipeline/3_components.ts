import { expectShape, type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { connectedComponents, type MaskSet, packMasks } from "@fiedler/kernels";
import type { ProposalOptions } from "./options.ts";

/** What {@linkcode splitComponents} returns. */
export interface SplitMasks extends MaskSet {
  /** `[images, maps, rows, columns]` u32: number of each cell's piece within its label map. */
  readonly components: Tensor<"u32">;
}

/**
 * Stage 3: splits each cluster of each label map into its connected pieces (§4, "component
 * split"). A cluster in several pieces is replaced by them. Masks are numbered by (label map, first
 * cell in raster order), none is dropped.
 *
 * @param labels `[images, maps, rows, columns]` u32, one map per entry of `clusterCounts`.
 * @throws {ShapeError} when the number of maps is not that of `clusterCounts`.
 */
export function splitComponents(
  gpu: Gpu,
  labels: Tensor<"u32">,
  { clusterCounts, connectivity }: Pick<ProposalOptions, "clusterCounts" | "connectivity">,
): SplitMasks {
  const { images, rows, columns } = expectShape(
    "splitComponents: labels",
    labels,
    `[images, ${clusterCounts.length}, rows, columns]`,
  );
  const maps = images * clusterCounts.length;
  return gpu.scope(() => {
    const split = connectedComponents(gpu, reshape(labels, [maps, rows, columns]), {
      connectivity,
    });
    const masks = packMasks(gpu, labels, split, clusterCounts);
    return { ...masks, components: reshape(split.components, labels.shape) };
  });
}

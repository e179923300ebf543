import { expectShape, type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { connectedComponents, type MaskSet, numberValues, packMasks } from "@fiedler/kernels";
import type { ProposalOptions } from "./options.ts";

/** What {@linkcode splitComponents} returns. */
export interface SplitMasks extends MaskSet {
  /** `[images, maps, rows, columns]` u32: number of each cell's piece within its label map. */
  readonly components: Tensor<"u32">;
}

/**
 * Stage 3: splits each cluster of each label map into its connected pieces (§4, "component
 * split"). A cluster in several pieces is replaced by them; without `split` each cluster is one
 * mask, connected or not (Table 6). Masks are numbered by (label map, first cell in raster order),
 * none is dropped.
 *
 * @param labels `[images, maps, rows, columns]` u32, one map per entry of `clusterCounts`.
 * @throws {ShapeError} when the number of maps is not that of `clusterCounts`.
 */
export function splitComponents(
  gpu: Gpu,
  labels: Tensor<"u32">,
  { clusterCounts, split, connectivity }: Pick<
    ProposalOptions,
    "clusterCounts" | "split" | "connectivity"
  >,
): SplitMasks {
  const { images, rows, columns } = expectShape(
    "splitComponents: labels",
    labels,
    `[images, ${clusterCounts.length}, rows, columns]`,
  );
  const maps = images * clusterCounts.length;
  return gpu.scope(() => {
    const each = reshape(labels, [maps, rows, columns]);
    const pieces = split
      ? connectedComponents(gpu, each, { connectivity })
      : numberValues(gpu, each, { values: Math.max(...clusterCounts) });
    const masks = packMasks(gpu, labels, pieces, clusterCounts);
    return { ...masks, components: reshape(pieces.components, labels.shape) };
  });
}

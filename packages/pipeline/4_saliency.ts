import type { Gpu, Tensor } from "@fiedler/gpu";
import { type SaliencyMask, saliencyMask } from "@fiedler/kernels";

/**
 * Stage 4: the foreground of the two-way cut (§4): the cluster with fewer patches on the border of
 * the picture, each border patch counted once. A tie goes to the smaller cluster, then to the one
 * without the top left patch: our choice. The mask is not split into pieces: our choice.
 *
 * @param labels `[images, rows, columns]` u32, k = 2 clustering of the saliency model's keys.
 * @returns The bit mask, empty where the clustering has one cluster only, and its figures.
 */
export function saliencyForeground(gpu: Gpu, labels: Tensor<"u32">): SaliencyMask {
  return saliencyMask(gpu, labels);
}

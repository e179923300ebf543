import { tensorsIn } from "@fiedler/gpu";
import type { Backbone } from "./backbone.ts";
import {
  type ResNet,
  resnetFeatures,
  resnetFlops,
  resnetLargestTensor,
  resnetMaps,
  resnetMapsFlops,
  resnetPatch,
} from "./resnet.ts";

/**
 * A residual network behind the interface that all feature extractors share. It has no keys: what
 * its last layer puts out stands for them, as in the paper's use of DenseCL.
 */
export function resnetBackbone(resnet: ResNet): Backbone {
  const { config, weights } = resnet;
  return {
    patch: resnetPatch(config),
    dim: config.channels.at(-1)!,
    depth: 1,
    facets: ["key", "token"],
    offsets: false,
    features(gpu, rgb, grid, { layer = -1, facet = "key", offset } = {}) {
      if (layer !== -1 && layer !== 0) {
        throw new RangeError(`resnetFeatures: layer ${layer} of a network that offers its last`);
      }
      if (offset || facet === "query" || facet === "value") {
        throw new RangeError(
          `resnetFeatures: a ResNet has no ${offset ? "offset" : facet}, only its last layer`,
        );
      }
      return resnetFeatures(gpu, resnet, rgb, grid);
    },
    stages: {
      strides: [4, 8, 16, 32],
      channels: config.channels,
      maps: (gpu, rgb, size) => resnetMaps(gpu, resnet, rgb, size),
      flops: (size) => resnetMapsFlops(config, size),
    },
    flops: (grid) => resnetFlops(config, grid),
    largestTensorBytes: (grid) => resnetLargestTensor(config, grid),
    parameters: tensorsIn(weights),
  };
}

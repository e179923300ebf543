import { tensorsIn } from "@fiedler/gpu";
import type { Backbone, FeatureOptions, Grid } from "./backbone.ts";
import { type Vit, type VitConfig, vitFeatures } from "./vit.ts";

/** A vision transformer behind the interface that all feature extractors share. */
export function vitBackbone(vit: Vit): Backbone {
  const { config, weights } = vit;
  const { patch, dim, depth } = config;
  return {
    patch,
    dim,
    depth,
    facets: ["key", "query", "value", "token"],
    offsets: true,
    features: (gpu, rgb, grid, options) => vitFeatures(gpu, vit, rgb, grid, options),
    flops: (grid, options) => vitFlops(config, grid, options),
    largestTensorBytes: (grid) => largestTensorBytes(config, grid),
    parameters: tensorsIn(weights),
  };
}

/** Operations of the embedding, of all blocks below the wanted one, and of what it takes there. */
function vitFlops(
  { patch, dim, depth, classToken }: VitConfig,
  [rows, columns]: Grid,
  { layer = -1, facet = "key" }: Pick<FeatureOptions, "layer" | "facet"> = {},
): number {
  const patches = rows * columns;
  const tokens = patches + (classToken ? 1 : 0);
  const block = 24 * tokens * dim ** 2 + 4 * tokens ** 2 * dim;
  const below = layer < 0 ? depth + layer : layer;
  const last = facet === "token" ? block : 2 * patches * dim ** 2;
  return 2 * patches * 3 * patch ** 2 * dim + below * block + last;
}

/** The MLP's hidden layer, or the pixels of the patches. */
function largestTensorBytes({ patch, dim, classToken }: VitConfig, [rows, columns]: Grid): number {
  const tokens = rows * columns + (classToken ? 1 : 0);
  return 4 * tokens * Math.max(4 * dim, 3 * patch ** 2);
}

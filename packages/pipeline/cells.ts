/** The cells that masks are made of: patches, or quarters of them with `features-x2`. */
import type { Gpu, Tensor } from "@fiedler/gpu";
import { enlargeFeatures, patchColours } from "@fiedler/kernels";
import type { Backbone, Grid } from "@fiedler/models";
import { extractKeys, type Extractor } from "./1_features.ts";
import type { PatchColours } from "./2_spectral.ts";
import type { ProposalOptions } from "./options.ts";

/** Cells of the grid per patch, along each axis. */
export const enlargement = ({ upsample }: Pick<ProposalOptions, "upsample">): 1 | 2 =>
  upsample === "features-x2" ? 2 : 1;

/** `[rows, columns]` of cells of a grid of patches. */
export function cellGrid(
  [rows, columns]: Grid,
  options: Pick<ProposalOptions, "upsample">,
): Grid {
  const factor = enlargement(options);
  return [rows * factor, columns * factor];
}

/**
 * Stage 1 for the cells of the grid.
 *
 * @param rgb `[images, words]` u32.
 * @param tokens `[rows, columns]` of patches.
 * @returns `[images, cells, dim]` f32.
 */
export function cellFeatures(
  gpu: Gpu,
  backbone: Backbone,
  rgb: Tensor<"u32">,
  tokens: Grid,
  options: ProposalOptions,
  offset?: Tensor,
): Tensor {
  const { facet, layer } = options;
  const keys = extractKeys(gpu, backbone, rgb, tokens, { facet, layer, offset });
  const factor = enlargement(options);
  return factor === 1 ? keys : enlargeFeatures(gpu, keys, tokens, factor);
}

/** Colours of the cells, for the graph; null where it has no colour term. */
export function cellColours(
  gpu: Gpu,
  rgb: Tensor<"u32">,
  tokens: Grid,
  { backbone }: Extractor,
  options: ProposalOptions,
): PatchColours | null {
  if (options.colourWeight === 0) return null;
  const grid = cellGrid(tokens, options);
  const patch = backbone.patch / enlargement(options);
  return { colours: patchColours(gpu, rgb, { grid, patch }), grid };
}

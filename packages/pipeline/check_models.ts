import { enlargement } from "./cells.ts";
import type { BatchSettings } from "./compute_batch.ts";

/**
 * Refuses models that do not fit each other or the options.
 *
 * @throws {RangeError} that names the model.
 */
export function checkModels({ model, saliencyModel, options }: BatchSettings): void {
  const { facet, layer } = options;
  const { patch } = model.backbone;
  for (const { name, backbone, centred } of saliencyModel ? [model, saliencyModel] : [model]) {
    if (backbone.patch !== patch) {
      throw new RangeError(
        `${model.name} has patches of ${patch} px, ${name} of ${backbone.patch}: ` +
          "their grids must agree, choose another saliency model, or none",
      );
    }
    const { depth, facets } = backbone;
    if (!facets.includes(facet)) {
      throw new RangeError(`${name} has no facet ${facet}, only ${facets.join(", ")}`);
    }
    if (layer < -depth || layer >= depth) {
      throw new RangeError(`there is no layer ${layer}: ${name} has ${depth} of them`);
    }
    if (centred && (facet === "token" || !backbone.offsets)) {
      throw new RangeError(`${name} is centred, and only queries, keys and values can be`);
    }
  }
  if (patch % enlargement(options) !== 0) {
    throw new RangeError(`features-x2 halves patches, and ${model.name} has ${patch} px`);
  }
}

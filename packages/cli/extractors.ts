import type { Gpu } from "@fiedler/gpu";
import type { Extractor } from "@fiedler/pipeline";
import type { EngineSettings, Weights } from "./engine.ts";
import { openModel } from "./weights.ts";

/** The two feature extractors of a run on a device. */
export interface Extractors {
  readonly model: Extractor;
  readonly saliencyModel: Extractor | null;
}

/**
 * Loads the models of a run; a model that serves for both is loaded once.
 *
 * @param values `zeros` leaves the elements in the file: for planning and for measuring speed.
 */
export async function loadExtractors(
  gpu: Gpu,
  { model, saliencyModel, centre }: Pick<EngineSettings, "model" | "saliencyModel" | "centre">,
  values: "file" | "zeros" = "file",
): Promise<Extractors> {
  const load = async (weights: Weights): Promise<Extractor> => {
    using opened = await openModel(weights);
    const { name, sha256, embedded } = weights;
    const centred = centre === "auto" ? embedded : centre === "grey";
    return { name, sha256, backbone: await opened.model.load(gpu, { values }), centred };
  };
  const first = await load(model);
  const second = saliencyModel === model ? first : saliencyModel && await load(saliencyModel);
  return { model: first, saliencyModel: second };
}

import type { Gpu } from "@fiedler/gpu";
import { type Extractor, makeProposer, type Proposer } from "@fiedler/pipeline";
import { usage } from "./args.ts";
import type { EngineSettings, Weights } from "./engine.ts";
import { isCentred, openModel } from "./weights.ts";

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
    const { name, sha256 } = weights;
    const centred = isCentred(centre, weights);
    return { name, sha256, backbone: await opened.model.load(gpu, { values }), centred };
  };
  const first = await load(model);
  const second = saliencyModel === model ? first : saliencyModel && await load(saliencyModel);
  return { model: first, saliencyModel: second };
}

/**
 * The proposal stage with models that are loaded.
 *
 * @throws {CliError} exit 2 when the models do not fit each other or the options.
 */
export function proposerOf(
  gpu: Gpu,
  { model, saliencyModel, options }: Pick<EngineSettings, "model" | "saliencyModel" | "options">,
  extractors: Extractors,
): Proposer {
  try {
    return makeProposer(gpu, { ...extractors, options });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const where = `--model ${model.name} --saliency ${saliencyModel?.name}`;
    throw usage(error.message, where, "change a model, or the option that does not fit it");
  }
}

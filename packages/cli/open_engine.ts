import { Gpu } from "@fiedler/gpu";
import { type Extractor, makeProposer, type Proposer } from "@fiedler/pipeline";
import { usage } from "./args.ts";
import type { Engine, EngineSettings, Weights } from "./engine.ts";
import { openModel } from "./weights.ts";

/** The pipeline on a device of its own. */
export async function openEngine(settings: EngineSettings): Promise<Engine> {
  const gpu = await Gpu.open({ profile: settings.profile });
  try {
    const proposer = await proposerOf(gpu, settings);
    return {
      adapter: gpu.adapter,
      patch: proposer.patch,
      maxPatches: proposer.maxPatches,
      get peakBytes() {
        return gpu.memory.peakBytes;
      },
      get kernelTimes() {
        return gpu.kernelTimes;
      },
      propose: (pictures, options) => proposer.propose(pictures, options),
      close: () => gpu.close(),
    };
  } catch (error) {
    gpu.close();
    throw error;
  }
}

async function proposerOf(
  gpu: Gpu,
  { model, saliencyModel, options, centre }: EngineSettings,
): Promise<Proposer> {
  const load = async (weights: Weights): Promise<Extractor> => {
    using opened = await openModel(weights);
    const { name, sha256, embedded } = weights;
    const centred = centre === "auto" ? embedded : centre === "grey";
    return { name, sha256, backbone: await opened.model.load(gpu), centred };
  };
  const first = await load(model);
  const second = saliencyModel === model ? first : saliencyModel && await load(saliencyModel);
  try {
    return makeProposer(gpu, { model: first, saliencyModel: second, options });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const where = `--model ${model.name} --saliency ${saliencyModel?.name}`;
    throw usage(error.message, where, "change a model, or the option that does not fit it");
  }
}

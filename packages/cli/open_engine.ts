import { Gpu } from "@fiedler/gpu";
import { loadTimmVit, vitBackbone } from "@fiedler/models";
import { type Extractor, makeProposer, type Proposer } from "@fiedler/pipeline";
import { usage } from "./args.ts";
import type { Engine, EngineSettings, Weights } from "./engine.ts";

/** The pipeline on a device of its own. */
export async function openEngine(settings: EngineSettings): Promise<Engine> {
  const gpu = await Gpu.open({ profile: settings.profile });
  try {
    const proposer = proposerOf(gpu, settings);
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

function proposerOf(gpu: Gpu, { model, saliencyModel, options, centre }: EngineSettings): Proposer {
  const load = ({ name, sha256, bytes, embedded }: Weights): Extractor => ({
    name,
    sha256,
    backbone: vitBackbone(loadTimmVit(gpu, bytes)),
    centred: centre === "auto" ? embedded : centre === "grey",
  });
  const first = load(model);
  const second = saliencyModel === model ? first : saliencyModel && load(saliencyModel);
  try {
    return makeProposer(gpu, { model: first, saliencyModel: second, options });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const where = `--model ${model.name} --saliency ${saliencyModel?.name}`;
    throw usage(error.message, where, "change a model, or the option that does not fit it");
  }
}

import { Gpu } from "@fiedler/gpu";
import { loadTimmVit } from "@fiedler/models";
import { type Extractor, makeProposer } from "@fiedler/pipeline";
import type { Centre, Engine, EngineSettings, Weights } from "./engine.ts";

/** The real engine: a device with both models on it. */
export async function openEngine(settings: EngineSettings): Promise<Engine> {
  const { model, saliencyModel, options, centre, profile } = settings;
  const gpu = await Gpu.open({ profile });
  try {
    const own = extractor(gpu, model, centre);
    const other = saliencyModel &&
      (saliencyModel.sha256 === model.sha256 ? own : extractor(gpu, saliencyModel, centre));
    const proposer = makeProposer(gpu, { model: own, saliencyModel: other, options });
    return {
      adapter: gpu.adapter,
      patch: proposer.patch,
      get peakBytes() {
        return gpu.memory.peakBytes;
      },
      get kernelTimes() {
        return gpu.kernelTimes;
      },
      propose: (pictures, { stages }) => proposer.propose(pictures, { stages }),
      close: () => gpu.close(),
    };
  } catch (error) {
    gpu.close();
    throw error;
  }
}

/** `auto` subtracts the grey keys from the embedded models' alone. */
function extractor(gpu: Gpu, weights: Weights, centre: Centre): Extractor {
  const { name, sha256, bytes, embedded } = weights;
  const centred = centre === "grey" || (centre === "auto" && embedded);
  return { name, sha256, vit: loadTimmVit(gpu, bytes), centred };
}

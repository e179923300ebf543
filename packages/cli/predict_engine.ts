import { Gpu } from "@fiedler/gpu";
import { predict, type PredictOptions } from "@fiedler/segmenter";
import { memoryBudget } from "./memory_budget.ts";
import type { PredictEngine } from "./predict.ts";
import type { PredictPlan } from "./predict_plan.ts";
import { loadSegmenter } from "./segmenter_weights.ts";

/** A segmenter on a device of its own. */
export async function openPredictEngine(plan: PredictPlan): Promise<PredictEngine> {
  const gpu = await Gpu.open({
    memoryBudgetBytes: (adapter) => memoryBudget(plan.values.memory, adapter),
  });
  try {
    const { source, network } = await loadSegmenter(gpu, plan.segmenter);
    const options = predictOptionsOf(plan);
    return {
      adapter: gpu.adapter,
      multiple: network.multiple,
      get peakBytes() {
        return gpu.memory.peakBytes;
      },
      get kernelTimes() {
        return gpu.kernelTimes;
      },
      detect: (pictures) =>
        predict(gpu, network, source, pictures.map(({ picture }) => picture), options),
      close: () => gpu.close(),
    };
  } catch (error) {
    gpu.close();
    throw error;
  }
}

function predictOptionsOf({ values }: PredictPlan): PredictOptions {
  return {
    scoreThreshold: values["class-score"],
    maskThreshold: values["mask-threshold"],
    nms: { decay: values["nms-kernel"], sigma: values["nms-sigma"] },
    leastScore: values.score,
    mostDetections: values.most,
  };
}

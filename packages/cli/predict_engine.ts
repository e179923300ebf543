import { Gpu, GpuMemoryError } from "@fiedler/gpu";
import { type Detection, predict, type PredictOptions } from "@fiedler/segmenter";
import { CliError, EXIT } from "./exit.ts";
import type { FittedInput } from "./fit.ts";
import { memoryBudget } from "./memory_budget.ts";
import type { PredictEngine } from "./predict.ts";
import { outOfMemory, picturesTogether } from "./predict_memory.ts";
import type { PredictPlan } from "./predict_plan.ts";
import type { World } from "./run.ts";
import { type LoadedSegmenter, loadSegmenter } from "./segmenter_weights.ts";
import { tuningRule } from "./tune_first_use.ts";

/**
 * A segmenter on a device of its own.
 *
 * @param indices of the pictures to come.
 * @throws {CliError} exit 4 when the segmenter cannot be used; 7, before a picture is looked at, when
 * one needs more memory than the budget.
 */
export async function openPredictEngine(
  plan: PredictPlan,
  indices: readonly number[],
  world: Pick<World, "out" | "disk">,
): Promise<PredictEngine> {
  const gpu = await Gpu.open({
    memoryBudgetBytes: (adapter) => memoryBudget(plan.values.memory, adapter),
    tuning: tuningRule(plan.values.tune, world),
  });
  try {
    const loaded = await loadSegmenter(gpu, plan.segmenter).catch((error) => {
      throw outOfMemory(error, "the parameters", plan);
    });
    const options = predictOptionsOf(plan);
    const mostPictures = await picturesTogether(gpu, plan, indices, loaded, options);
    return {
      adapter: gpu.adapter,
      tuning: gpu.tuning,
      multiple: loaded.network.multiple,
      get peakBytes() {
        return gpu.memory.peakBytes;
      },
      get kernelTimes() {
        return gpu.kernelTimes;
      },
      detect: (pictures) => detect(gpu, plan, loaded, pictures, { ...options, mostPictures }),
      close: () => gpu.close(),
    };
  } catch (error) {
    gpu.close();
    throw error;
  }
}

async function detect(
  gpu: Gpu,
  plan: PredictPlan,
  { network, source }: LoadedSegmenter,
  pictures: readonly FittedInput[],
  options: PredictOptions,
): Promise<Detection[][]> {
  const fitted = pictures.map(({ picture }) => picture);
  const attempt = () => predict(gpu, network, source, fitted, options);
  try {
    return await attempt().catch((error) => {
      if (!(error instanceof GpuMemoryError && source.forget)) throw error;
      source.forget(gpu); // what was kept for pictures of other sizes, which no plan counts
      return attempt();
    });
  } catch (error) {
    // Weights are finite, but what they make of a picture need not be.
    if (error instanceof RangeError && /must be finite/.test(error.message)) {
      const { path } = plan.segmenter;
      const advice = `take the file again from where it came; \`fiedler inspect ${path}\` shows it`;
      throw new CliError(EXIT.checkpoint, error.message, path, advice, { cause: error });
    }
    throw outOfMemory(error, "the pictures", plan);
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

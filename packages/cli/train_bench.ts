import type { Gpu, GpuOptions } from "@fiedler/gpu";
import { startParameters } from "@fiedler/models";
import { openTensorFile } from "@fiedler/io";
import {
  loadNetwork,
  makeNetwork,
  type MapSource,
  mapSource,
  type Network,
  readSegmenterFile,
} from "@fiedler/segmenter";
import { Trainer, type TrainerState } from "@fiedler/train";
import { loadExtractors } from "./extractors.ts";
import { FileSource } from "./file_source.ts";
import { memoryBudget } from "./memory_budget.ts";
import type { World } from "./run.ts";
import { keptBytes, trainingNeeds } from "./train_memory.ts";
import type { TrainPlan } from "./train_plan.ts";
import { tuningRule } from "./tune_first_use.ts";
import { unusable } from "./weights.ts";

/** Opens a device; tests put one there that is lost. */
export type OpenGpu = (options: GpuOptions) => Promise<Gpu>;

/** A device with the frozen backbone on it. */
export interface TrainBench {
  readonly gpu: Gpu;
  readonly source: MapSource;
  /** For maps of views that come again. */
  readonly keepMapsBytes: number;
  close(): void;
}

/** A network that trains, and what trains it. */
export interface Lesson extends Disposable {
  readonly network: Network;
  readonly trainer: Trainer;
}

/**
 * Opens a device and puts the backbone on it.
 *
 * @throws {CliError} exit 7, before anything is allocated, when a step needs more memory than the
 * budget.
 */
export async function openBench(
  plan: TrainPlan,
  world: Pick<World, "out" | "disk">,
  openGpu: OpenGpu,
): Promise<TrainBench> {
  const gpu = await openGpu({
    memoryBudgetBytes: (adapter) => memoryBudget(plan.values.memory, adapter),
    tuning: tuningRule(plan.values.tune, world),
  });
  try {
    return await benchOn(gpu, plan);
  } catch (error) {
    gpu.close();
    throw error;
  }
}

/** The same on a device that is open; closing it closes the device. */
export async function benchOn(gpu: Gpu, plan: TrainPlan): Promise<TrainBench> {
  const { budgetBytes } = gpu.memory;
  const keepMapsBytes = keptBytes(await trainingNeeds(gpu, plan, budgetBytes), budgetBytes);
  const { backbone: model, segmenter, values: { center: centre } } = plan;
  const extractors = await loadExtractors(gpu, { model, saliencyModel: null, centre });
  const source = mapSource(extractors.model, segmenter.features);
  return { gpu, source, keepMapsBytes, close: () => gpu.close() };
}

/** A network as it starts a round, or as a checkpoint left it. */
export async function openLesson(
  { gpu, source, keepMapsBytes }: TrainBench,
  plan: TrainPlan,
  { round, state }: { readonly round: number; readonly state: TrainerState | null },
): Promise<Lesson> {
  const { segmenter, training, start } = plan;
  const network = state === null && round === 1 && start !== null
    ? await startedNetwork(gpu, source, start.path)
    : makeNetwork(segmenter, source, startParameters(gpu, training.seed));
  gpu.flush(); // the host's copies of new parameters
  const trainer = new Trainer(gpu, {
    network,
    source,
    settings: training,
    state: state ?? undefined,
    keepMapsBytes,
  });
  return {
    network,
    trainer,
    [Symbol.dispose]() {
      trainer.free();
      gpu.free(...network.parameters.map(({ tensor }) => tensor));
    },
  };
}

/** The weights of another segmenter. */
async function startedNetwork(gpu: Gpu, source: MapSource, path: string): Promise<Network> {
  using bytes = FileSource.open(path);
  try {
    return await loadNetwork(gpu, readSegmenterFile(await openTensorFile(bytes)), source);
  } catch (error) {
    throw unusable(path, error);
  }
}

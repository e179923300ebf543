import { Gpu } from "@fiedler/gpu";
import type { Engine, EngineSettings } from "./engine.ts";
import { type Extractors, loadExtractors, proposerOf } from "./extractors.ts";
import { memoryBudget } from "./memory_budget.ts";
import { MemoryPlan } from "./memory_plan.ts";

/**
 * The pipeline on a device of its own.
 *
 * @param load puts the models on it. Default: from their files.
 * @throws {CliError} exit 7, before anything is allocated, when a picture needs more memory than
 * the budget; 2 when the models do not fit each other or the options.
 */
export async function openEngine(
  settings: EngineSettings,
  load: (gpu: Gpu, settings: EngineSettings) => Promise<Extractors> = loadExtractors,
): Promise<Engine> {
  const gpu = await Gpu.open({
    profile: settings.profile,
    memoryBudgetBytes: (adapter) => memoryBudget(settings.memory ?? "auto", adapter),
    tuning: settings.tuning,
  });
  try {
    await expectFit(gpu, settings);
    const proposer = proposerOf(gpu, settings, await load(gpu, settings));
    return {
      adapter: gpu.adapter,
      tuning: gpu.tuning,
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

/** Plans the largest picture before the models take their place. */
async function expectFit(gpu: Gpu, settings: EngineSettings): Promise<void> {
  const { budgetBytes } = gpu.memory;
  if (budgetBytes === Infinity || !settings.pictures) return;
  using plan = await MemoryPlan.open(gpu, settings, budgetBytes);
  await plan.expectFit(await settings.pictures(plan.proposer), settings.stages ?? false);
}

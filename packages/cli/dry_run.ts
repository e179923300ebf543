import { Gpu, NoAdapterError, PORTABLE_DEVICE } from "@fiedler/gpu";
import { EXIT, type ExitCode } from "./exit.ts";
import { type Forecast, forecastOf, modelFacts } from "./forecast.ts";
import { forecastLines, planLines } from "./forecast_words.ts";
import { memoryBudget } from "./memory_budget.ts";
import { MemoryPlan } from "./memory_plan.ts";
import { gridRange, pictureSizes, plannedPictures } from "./picture_sizes.ts";
import { engineSettings, type Plan, ruleOf } from "./plan.ts";
import type { World } from "./run.ts";
import { keptTuningRule } from "./tune_first_use.ts";

/**
 * `--dry-run`: says what a run would do and take, from the headers of the pictures, the shapes of
 * the weights and two short measurements. Writes nothing.
 *
 * @throws {CliError} exit 7 when a picture needs more memory than the budget.
 */
export async function dryRun(
  plan: Plan,
  { out }: Pick<World, "out">,
  openGpu: (plan: Plan) => Promise<Gpu | null> = openIfThere,
): Promise<ExitCode> {
  const { inputs } = plan;
  const sizes = await pictureSizes(inputs.pictures.map(({ path }) => path));
  const gpu = await openGpu(plan);
  try {
    const budget = gpu?.memory.budgetBytes ??
      memoryBudget(plan.values.memory, PORTABLE_DEVICE.adapter);
    using memory = await MemoryPlan.open(gpu, engineSettings(plan), budget);
    const pictures = plannedPictures(inputs.pictures.map(({ image }) => image), sizes, {
      ...memory.proposer,
      rule: (image) => ruleOf(plan, image),
      maxPixels: plan.values["max-pixels"],
    });
    const about = {
      pictures,
      skipped: sizes.length - pictures.length,
      megapixels: sizes.reduce((sum, size) => sum + (size ? size.width * size.height / 1e6 : 0), 0),
      models: await modelFacts(plan),
    };
    out.print(planLines(plan, about).join("\n"));
    const forecast = { ...about, ...await forecastOf(plan, pictures, memory, gpu) };
    out.event({ event: "plan", ...eventOf(plan, forecast) });
    out.print(forecastLines(plan, forecast).join("\n"));
    return EXIT.ok;
  } finally {
    gpu?.close();
  }
}

async function openIfThere({ values }: Plan): Promise<Gpu | null> {
  try {
    return await Gpu.open({
      memoryBudgetBytes: (adapter) => memoryBudget(values.memory, adapter),
      tuning: keptTuningRule(values.tune),
    });
  } catch (error) {
    if (error instanceof NoAdapterError) return null;
    throw error;
  }
}

/** Every number, for programs. */
function eventOf(plan: Plan, forecast: Forecast) {
  const { pictures, skipped, budgetBytes, ...numbers } = forecast;
  return {
    folder: plan.folder,
    pictures: plan.inputs.pictures.length,
    unreadable: skipped,
    rule: plan.rule,
    grids: gridRange(pictures),
    budgetBytes: budgetBytes === Infinity ? null : budgetBytes,
    ...numbers,
  };
}

import { Gpu, NoAdapterError, PORTABLE_DEVICE } from "@fiedler/gpu";
import { diskEstimate } from "./disk_estimate.ts";
import type { Weights } from "./engine.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { loadExtractors } from "./extractors.ts";
import { forecastLines, type ModelFacts, planLines } from "./forecast_words.ts";
import { memoryBudget } from "./memory_budget.ts";
import { MemoryPlan } from "./memory_plan.ts";
import { pictureSizes, type PlannedPicture, plannedPictures } from "./picture_sizes.ts";
import { engineSettings, type Plan } from "./plan.ts";
import { batchSize, type World } from "./run.ts";
import { estimateTime, type GridCount, type TimeEstimate } from "./time_estimate.ts";
import { openModel } from "./weights.ts";

/** What a run will take. */
export interface Forecast {
  /** Pictures that will be computed. */
  readonly pictures: readonly PlannedPicture[];
  /** Pictures that will be skipped, as far as their headers tell. */
  readonly skipped: number;
  readonly megapixels: number;
  /** What runs it, in words; null without an adapter. */
  readonly adapter: string | null;
  readonly models: readonly ModelFacts[];
  readonly weightsBytes: number;
  readonly peakBytes: number;
  readonly budgetBytes: number;
  /** Pictures computed at once. */
  readonly batch: number;
  /** Null without an adapter. */
  readonly time: TimeEstimate | null;
  readonly runBytes: number;
  readonly stageBytes: number;
}

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
      rule: plan.rule,
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
    });
  } catch (error) {
    if (error instanceof NoAdapterError) return null;
    throw error;
  }
}

/** Memory, time and disk. */
async function forecastOf(
  plan: Plan,
  pictures: readonly PlannedPicture[],
  memory: MemoryPlan,
  gpu: Gpu | null,
): Promise<Omit<Forecast, "pictures" | "skipped" | "megapixels" | "models">> {
  const { values, command } = plan;
  const stages = values["save-stages"] !== undefined;
  await memory.expectFit(pictures, stages);
  const atOnce = batchSize(values, gpu?.adapter ?? PORTABLE_DEVICE.adapter);
  const grids = await countGrids(pictures, atOnce, memory, stages);
  const { weightsBytes, budgetBytes, settings } = memory;
  const overlays = command === "pipeline" && values.overlays;
  return {
    adapter: gpu && gpu.adapter.description,
    weightsBytes,
    budgetBytes,
    peakBytes: await memory.runBytes(telling(grids), stages),
    batch: grids.reduce((most, { batch }) => Math.max(most, batch), 0),
    time: gpu && grids.length > 0
      ? await estimateTime(
        gpu,
        {
          ...await loadExtractors(gpu, engineSettings(plan), "zeros"),
          options: plan.options,
        },
        grids,
        { overlays },
      )
      : null,
    ...diskEstimate(plan, pictures, settings.model.backbone.dim),
  };
}

/** The batches that the run will make, by grid. */
async function countGrids(
  pictures: readonly PlannedPicture[],
  atOnce: number,
  { proposer }: MemoryPlan,
  stages: boolean,
): Promise<GridCount[]> {
  const counts = new Map<string, GridCount>();
  for (let at = 0; at < pictures.length; at += atOnce) {
    const groups = Map.groupBy(pictures.slice(at, at + atOnce), ({ grid }) => `${grid}`);
    for (const [key, group] of groups) {
      const [{ grid, size }] = group;
      const batch = await proposer.batchSize(grid, group.length, { stages });
      const before = counts.get(key) ?? { grid, size, pictures: 0, batch: 0 };
      counts.set(key, {
        ...before,
        pictures: before.pictures + group.length,
        batch: Math.max(before.batch, batch),
      });
    }
  }
  return [...counts.values()];
}

/** Grids that decide the peak of memory: planning each of very many would take too long. */
const MOST_PLANNED = 24;

/** The largest batches, and some of all other sizes; buffers of one size serve many grids. */
function telling(grids: readonly GridCount[]) {
  const weight = ({ grid: [rows, columns], batch }: GridCount) => batch * (rows * columns) ** 2;
  const sorted = grids.toSorted((a, b) => weight(b) - weight(a));
  const head = sorted.slice(0, MOST_PLANNED / 2);
  const rest = sorted.slice(head.length);
  const step = Math.max(1, rest.length / (MOST_PLANNED / 2));
  const others = Array.from(
    { length: Math.floor(rest.length / step) },
    (_, i) => rest[Math.floor(i * step)],
  );
  return [...head, ...others].map(({ grid, batch }) => ({ grid, images: batch }));
}

/** Each model of the run once. */
function modelFacts({ model, saliencyModel }: Plan): Promise<ModelFacts[]> {
  const models = new Set(saliencyModel ? [model, saliencyModel] : [model]);
  return Promise.all([...models].map(async (weights: Weights) => {
    using opened = await openModel(weights);
    const shapes = opened.model.parameters.values().map(({ shape }) => shape);
    const parameters = shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const { name, title, terms, path } = weights;
    return { name, title, terms, parameters, bytes: (await Deno.stat(path)).size };
  }));
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

/** The grids of fewest and of most patches. */
export function gridRange(pictures: readonly PlannedPicture[]) {
  const cells = ({ grid: [rows, columns] }: PlannedPicture) => rows * columns;
  if (pictures.length === 0) return null;
  return {
    fewest: pictures.reduce((a, b) => cells(b) < cells(a) ? b : a).grid,
    most: pictures.reduce((a, b) => cells(b) > cells(a) ? b : a).grid,
  };
}

import { type Gpu, PORTABLE_DEVICE } from "@fiedler/gpu";
import { diskEstimate } from "./disk_estimate.ts";
import type { Weights } from "./engine.ts";
import { loadExtractors } from "./extractors.ts";
import type { MemoryPlan } from "./memory_plan.ts";
import type { PlannedPicture } from "./picture_sizes.ts";
import { engineSettings, type Plan } from "./plan.ts";
import { batchSize } from "./run.ts";
import { estimateTime, type GridCount, type TimeEstimate } from "./time_estimate.ts";
import { openModel } from "./weights.ts";

/** What there is to say of a model. */
export interface ModelFacts {
  readonly name: string;
  readonly title: string;
  /** Terms of published weights; null where none are known. */
  readonly terms: string | null;
  readonly parameters: number;
  /** Of the file. */
  readonly bytes: number;
}

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

/** Memory, time and disk. */
export async function forecastOf(
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
export function modelFacts({ model, saliencyModel }: Plan): Promise<ModelFacts[]> {
  const models = new Set(saliencyModel ? [model, saliencyModel] : [model]);
  return Promise.all([...models].map(async (weights: Weights) => {
    using opened = await openModel(weights);
    const shapes = opened.model.parameters.values().map(({ shape }) => shape);
    const parameters = shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const { name, title, terms, path } = weights;
    return { name, title, terms, parameters, bytes: (await Deno.stat(path)).size };
  }));
}

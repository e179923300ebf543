import { Gpu, NoAdapterError, openPlanner } from "@fiedler/gpu";
import { planSize } from "@fiedler/io";
import { type Extractor, PAPER } from "@fiedler/pipeline";
import { makeNetwork, mapSource, networkFlops } from "@fiedler/segmenter";
import { EXIT, type ExitCode } from "./exit.ts";
import { loadExtractors } from "./extractors.ts";
import { duration, rows as aligned } from "./forecast_words.ts";
import { memoryBudget } from "./memory_budget.ts";
import type { Output } from "./output.ts";
import { findStudyModel } from "./reproduce_models.ts";
import { type PlannedRow, SCENE_SIZE, type TablePlan } from "./reproduce_plan.ts";
import { knownRow, resizeOf } from "./reproduce_row.ts";
import { batchSize } from "./run.ts";
import { plural } from "./summary.ts";
import { estimateTime } from "./time_estimate.ts";
import { TRAIN_DEFAULTS } from "./train_presets.ts";
import { trainSettings } from "./train_settings.ts";
import { findModel } from "./weights.ts";

/**
 * Speed of a segmenter's convolutions and their gradients, with all that surrounds them, as a share
 * of that of a transformer's block: measured on a software adapter.
 */
const SEGMENTER_SPEED = 1.5;

/** What a row will take; null where there is no adapter to tell it from. */
interface RowForecast {
  readonly proposals: number;
  readonly training: number;
}

/**
 * `--dry-run`: which rows there are, which are known, and how long the others take: proposals by the
 * speed of their extractors, segmenters by their arithmetic. Writes nothing.
 */
export async function forecastTable(plan: TablePlan, out: Output): Promise<ExitCode> {
  const { table, rows, wanted, folder, scenes, steps } = plan;
  const gpu = await openIfThere(plan);
  const lines: [string | null, string][] = [];
  let seconds = 0;
  try {
    for (const { name, title, missing } of table.rows) {
      const row = rows.find((row) => row.name === name);
      const state = !row
        ? missing!
        : await knownRow(plan, row)
        ? "known"
        : wanted.has(row)
        ? await forecast(row)
        : "not asked for";
      lines.push([name, `${title}: ${state}`]);
    }
  } finally {
    gpu?.close();
  }
  async function forecast(row: PlannedRow): Promise<string> {
    if (gpu === null) return "to be computed";
    const { proposals, training } = await forecastRow(gpu, plan, row);
    seconds += proposals + training;
    out.event({ event: "plan", row: row.name, proposals, training });
    return `about ${duration(proposals)} for proposals, ${duration(training)} for its segmenter`;
  }
  out.event({ event: "plan", table: table.name, folder, ...scenes, steps, seconds });
  out.print([
    table.title,
    ...aligned(lines),
    ...aligned([
      ["scenes", `${scenes.training} to learn from, ${scenes.heldOut} to judge by`],
      ["training", `${plural(steps, "step")} for each row`],
      ["time", gpu ? `roughly ${duration(seconds)}` : "cannot be told without a GPU adapter"],
      ["into", folder],
      [null, "nothing was computed or written (--dry-run)"],
    ]),
  ].join("\n"));
  return EXIT.ok;
}

async function openIfThere({ memory }: TablePlan): Promise<Gpu | null> {
  try {
    return await Gpu.open({ memoryBudgetBytes: (adapter) => memoryBudget(memory, adapter) });
  } catch (error) {
    if (error instanceof NoAdapterError) return null;
    throw error;
  }
}

async function forecastRow(gpu: Gpu, plan: TablePlan, row: PlannedRow): Promise<RowForecast> {
  const { extractor, config: { k, saliency, split } } = row;
  const { scenes: { training, heldOut } } = plan;
  const model = await extractor.load(gpu);
  const second = saliency === "self" || extractor.method === "dino"
    ? model
    : await (await findStudyModel(extractor.small ? "dino-tiny" : "dino-vitb16")).load(gpu);
  const [patch, size] = [model.backbone.patch, { width: SCENE_SIZE, height: SCENE_SIZE }];
  const { grid } = planSize(SCENE_SIZE, SCENE_SIZE, resizeOf(plan, patch), patch);
  const time = await estimateTime(
    gpu,
    {
      model,
      saliencyModel: saliency === "none" ? null : second,
      options: { ...PAPER, clusterCounts: k, split },
    },
    [{
      grid: [grid.rows, grid.columns],
      size,
      pictures: training + heldOut,
      batch: batchSize({ batch: 0 }, gpu.adapter),
    }],
    { overlays: false },
  );
  gpu.free(...new Set([...model.backbone.parameters, ...second.backbone.parameters]));
  const flops = await segmenterFlops(plan);
  return {
    proposals: time.seconds,
    training: flops / (SEGMENTER_SPEED * time.flopsPerSecond),
  };
}

/** Arithmetic of a training, forth and twice that back, and of the held-out scenes. */
async function segmenterFlops({ train, scenes }: TablePlan): Promise<number> {
  const preset = train.preset!;
  const { segmenter, training: { steps, batch, views } } = trainSettings(train, preset);
  const backbone = train.backbone ?? TRAIN_DEFAULTS[preset].backbone;
  const weights = await findModel({ nameOrFile: backbone, flag: "backbone" });
  const planner = await openPlanner();
  try {
    const wanted = { model: weights, saliencyModel: null, centre: "auto" } as const;
    const { model }: { readonly model: Extractor } = await loadExtractors(planner, wanted, "zeros");
    const source = mapSource(model, segmenter.features);
    const { multiple } = makeNetwork(segmenter, source, ({ shape }) => planner.empty(shape));
    const padded = (side: number) => multiple * Math.ceil(side / multiple);
    const flops = (side: number, passes: number) => {
      const size = [padded(side), padded(side)] as const;
      return source.flops(size) + passes * networkFlops(segmenter, source, size);
    };
    const seen = steps * batch * (views.strong ? 2 : 1) * train.rounds;
    return seen * flops(Math.max(...views.shortSides), 3) +
      scenes.heldOut * flops(segmenter.shortSide, 1);
  } finally {
    planner.close();
  }
}

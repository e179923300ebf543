import { Gpu, NoAdapterError, openPlanner } from "@fiedler/gpu";
import { planSize } from "@fiedler/io";
import { PAPER } from "@fiedler/pipeline";
import { makeNetwork, mapSource, networkFlops } from "@fiedler/segmenter";
import { EXIT, type ExitCode } from "./exit.ts";
import { type Extractors, loadExtractors } from "./extractors.ts";
import { duration, rows as aligned } from "./forecast_words.ts";
import { memoryBudget } from "./memory_budget.ts";
import type { Output } from "./output.ts";
import { isBaseline } from "./reproduce_baseline.ts";
import { type PlannedRow, SCENE_SIZE, type TablePlan } from "./reproduce_plan.ts";
import { knownRow } from "./reproduce_result.ts";
import { resizeOf } from "./reproduce_row.ts";
import type { Row } from "./reproduce_rows.ts";
import { batchSize } from "./run.ts";
import { plural } from "./summary.ts";
import { table as textTable } from "./table.ts";
import { estimateTime, type TimeEstimate } from "./time_estimate.ts";
import { TRAIN_DEFAULTS } from "./train_presets.ts";
import { trainSettings } from "./train_settings.ts";
import { keptTuningRule } from "./tune_first_use.ts";
import { findModel } from "./weights.ts";

/**
 * Speed of a segmenter's convolutions and their gradients, with all that surrounds them, as a share
 * of that of a transformer's block: measured on a software adapter.
 */
const SEGMENTER_SPEED = 1.5;

/**
 * `--dry-run`: which rows there are, which are known, and how long the others take: proposals by
 * the speed of their extractors, segmenters by their arithmetic. Writes nothing.
 */
export async function forecastTable(plan: TablePlan, out: Output): Promise<ExitCode> {
  const { table: { name, title, rows }, folder, scenes, steps } = plan;
  const lines = [["row", "", "proposals", "segmenter"]];
  let [seconds, segmenter]: (number | null)[] = [0, null];
  const gpu = await openIfThere(plan);
  try {
    for (const row of rows) {
      const state = await stateOf(plan, row);
      const words = [row.name, row.title];
      if (typeof state === "string") lines.push([...words, state, ""]);
      else if (gpu === null) {
        seconds = null;
        lines.push([...words, "to be made", ""]);
      } else {
        const proposals = await proposalTime(gpu, plan, state);
        segmenter ??= await segmenterSeconds(plan, proposals);
        seconds! += proposals.seconds + segmenter;
        out.event({ event: "plan", row: row.name, proposals: proposals.seconds, segmenter });
        lines.push([...words, duration(proposals.seconds), duration(segmenter)]);
      }
    }
  } finally {
    gpu?.close();
  }
  out.event({ event: "plan", table: name, folder, ...scenes, steps, seconds });
  out.print([
    title,
    textTable(lines),
    ...aligned([
      ["scenes", `${scenes.training} to learn from, ${scenes.heldOut} to judge by`],
      ["training", `${plural(steps, "step")} for each row`],
      [
        "time",
        seconds === null ? "cannot be told without a GPU adapter" : `roughly ${duration(seconds)}`,
      ],
      ["into", folder],
      [null, "nothing was computed or written (--dry-run)"],
    ]),
  ].join("\n"));
  return EXIT.ok;
}

/** What keeps a row from being computed, in words; else the row. */
async function stateOf(
  plan: TablePlan,
  { name, missing }: Row,
): Promise<string | PlannedRow> {
  const row = plan.rows.find((row) => row.name === name);
  if (!row) return missing!;
  if (await knownRow(plan, row)) return "known";
  return plan.wanted.has(row) ? row : "not asked for";
}

async function openIfThere({ memory, tune }: TablePlan): Promise<Gpu | null> {
  try {
    return await Gpu.open({
      memoryBudgetBytes: (adapter) => memoryBudget(memory, adapter),
      tuning: keptTuningRule(tune),
    });
  } catch (error) {
    if (error instanceof NoAdapterError) return null;
    throw error;
  }
}

async function proposalTime(gpu: Gpu, plan: TablePlan, row: PlannedRow): Promise<TimeEstimate> {
  const { config: { k, split } } = row;
  const { scenes: { training, heldOut } } = plan;
  const extractors = await extractorsOf(gpu, row);
  const { model, saliencyModel } = extractors;
  const { patch } = model.backbone;
  const { grid } = planSize(SCENE_SIZE, SCENE_SIZE, resizeOf(plan, patch), patch);
  const time = await estimateTime(
    gpu,
    { ...extractors, options: { ...PAPER, clusterCounts: k, split } },
    [{
      grid: [grid.rows, grid.columns],
      size: { width: SCENE_SIZE, height: SCENE_SIZE },
      pictures: training + heldOut,
      batch: batchSize({ batch: 0 }, gpu.adapter),
    }],
    { overlays: false },
  );
  const parameters = [model, saliencyModel].flatMap((one) => one?.backbone.parameters ?? []);
  gpu.free(...new Set(parameters));
  return time;
}

/** Both extractors of a row, as `propose` would load them. */
async function extractorsOf(
  gpu: Gpu,
  { extractor, config: { saliency } }: PlannedRow,
): Promise<Extractors> {
  const find = (nameOrFile: string) =>
    findModel({ nameOrFile, flag: "models", hints: { enlarge: 2 } });
  const dino = () => find(extractor.small ? "dino-tiny" : "dino-vitb16");
  if (isBaseline(extractor)) {
    const { model } = await loadExtractors(gpu, { ...ALONE, model: await dino() });
    return { model: await extractor.load(gpu), saliencyModel: model };
  }
  const model = await find(extractor.name);
  const own = saliency === "self" || extractor.method === "dino";
  const saliencyModel = saliency === "none" ? null : own ? model : await dino();
  return await loadExtractors(gpu, { model, saliencyModel, centre: "auto" });
}

/** How a model is loaded alone. */
const ALONE = { saliencyModel: null, centre: "auto" } as const;

/** Seconds of a training and of its predictions, the same for every row. */
const segmenterSeconds = async (plan: TablePlan, { flopsPerSecond }: TimeEstimate) =>
  await segmenterFlops(plan) / (SEGMENTER_SPEED * flopsPerSecond);

/** Arithmetic of a training, forth and twice that back, and of the held-out scenes. */
async function segmenterFlops({ train, scenes }: TablePlan): Promise<number> {
  const preset = train.preset!;
  const { segmenter, training: { steps, batch, views } } = trainSettings(train, preset);
  const backbone = train.backbone ?? TRAIN_DEFAULTS[preset].backbone;
  const weights = await findModel({ nameOrFile: backbone, flag: "backbone" });
  const planner = await openPlanner();
  try {
    const { model } = await loadExtractors(planner, { ...ALONE, model: weights }, "zeros");
    const source = mapSource(model, segmenter.features);
    const { multiple } = makeNetwork(segmenter, source, ({ shape }) => planner.empty(shape));
    const padded = (side: number) => multiple * Math.ceil(side / multiple);
    const flops = (side: number) => {
      const size = [padded(side), padded(side)] as const;
      return {
        backbone: source.flops(size),
        network: networkFlops(segmenter, source, size),
      };
    };
    const [view, picture] = [Math.max(...views.shortSides), segmenter.shortSide].map(flops);
    const seen = steps * batch * train.rounds * (views.strong ? 2 : 1);
    // Weak views come again, and their maps are kept: each picture as it is, and flipped.
    const passes = views.strong ? seen : Math.min(seen, 2 * scenes.training);
    return passes * view.backbone + 3 * seen * view.network +
      scenes.heldOut * (picture.backbone + picture.network);
  } finally {
    planner.close();
  }
}

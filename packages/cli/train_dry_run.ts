import { Gpu, NoAdapterError, PORTABLE_DEVICE } from "@fiedler/gpu";
import { EXIT, type ExitCode } from "./exit.ts";
import { diskText, duration, flops, rows } from "./forecast_words.ts";
import { memoryBudget, memoryText } from "./memory_budget.ts";
import type { Output } from "./output.ts";
import { plural } from "./summary.ts";
import { benchOn, openLesson } from "./train_bench.ts";
import { trainingNeeds, type TrainNeeds } from "./train_memory.ts";
import type { TrainPlan } from "./train_plan.ts";
import { openViews } from "./training_pool.ts";
import { leftOutText } from "./training_set.ts";

/** Arithmetic of the step that is timed, at most: some seconds on a CPU. */
const PROBE_FLOPS = 20e9;

/** What a training will take. */
interface TrainForecast extends TrainNeeds {
  /** What runs it; null without an adapter. */
  readonly adapter: string | null;
  readonly budgetBytes: number;
  /** A step, by one that was timed; null without an adapter. */
  readonly secondsPerStep: number | null;
  /** Checkpoints and weights. */
  readonly diskBytes: number;
}

/**
 * `--dry-run`: says what a training would do and take, from the masks, the shapes of the network and a
 * step that is timed. Writes nothing.
 *
 * @throws {CliError} exit 7 when a step needs more memory than the budget.
 */
export async function trainDryRun(plan: TrainPlan, out: Output): Promise<ExitCode> {
  const { values, data: { summary }, training, rounds, folder } = plan;
  const gpu = await openIfThere(plan);
  try {
    const budgetBytes = gpu?.memory.budgetBytes ??
      memoryBudget(values.memory, PORTABLE_DEVICE.adapter);
    const needs = await trainingNeeds(gpu, plan, budgetBytes);
    const moments = training.optimiser.kind === "sgd" ? 1 : 2;
    const forecast: TrainForecast = {
      ...needs,
      adapter: gpu && gpu.adapter.description,
      budgetBytes,
      secondsPerStep: gpu && await stepSeconds(gpu, plan, needs),
      diskBytes: 4 * needs.parameters * ((1 + moments) * values.keep + 1),
    };
    const { leftOut, ...data } = summary;
    const steps = rounds * training.steps;
    out.event({
      ...{ event: "plan", folder, ...data, leftOut, steps, ...forecast },
      budgetBytes: budgetBytes === Infinity ? null : budgetBytes,
    });
    out.print(forecastLines(plan, forecast).join("\n"));
    return EXIT.ok;
  } finally {
    gpu?.close();
  }
}

async function openIfThere({ values }: TrainPlan): Promise<Gpu | null> {
  try {
    return await Gpu.open({
      memoryBudgetBytes: (adapter) => memoryBudget(values.memory, adapter),
    });
  } catch (error) {
    if (error instanceof NoAdapterError) return null;
    throw error;
  }
}

/** Times a step of fewer views, or of one that is shrunk, where a whole one would take long. */
async function stepSeconds(gpu: Gpu, plan: TrainPlan, needs: TrainNeeds): Promise<number> {
  const { training, data } = plan;
  const views = training.batch * (training.views.strong ? 2 : 1);
  const affordable = PROBE_FLOPS * views / needs.flopsPerStep; // views
  const scale = Math.min(1, Math.sqrt(affordable));
  const side = Math.max(64, Math.round(scale * Math.max(...training.views.shortSides)));
  const probe: TrainPlan = {
    ...plan,
    training: {
      ...training,
      ...{ steps: 2, batch: Math.min(views, Math.max(1, Math.floor(affordable))) },
      views: { ...training.views, strong: false, shortSides: [side] },
    },
  };
  const bench = await benchOn(gpu, probe);
  using lesson = await openLesson(bench, { ...probe, start: null }, { round: 1, state: null });
  let seconds = 0;
  const { multiple } = lesson.network;
  const steps = openViews(data, probe.training, plan.segmenter, { from: 0, multiple, workers: 1 });
  for await (const { step, views } of steps) {
    const started = performance.now();
    await lesson.trainer.step(views, step + 1);
    await gpu.settle();
    seconds = (performance.now() - started) / 1000; // the last: the first compiles
  }
  const { flopsPerStep } = await trainingNeeds(gpu, probe, Infinity);
  return seconds * needs.flopsPerStep / flopsPerStep;
}

function forecastLines(plan: TrainPlan, forecast: TrainForecast): string[] {
  const { data: { summary }, training, rounds, backbone, preset, segmenter, folder } = plan;
  const { parameters, padded, flopsPerStep, bytes, backboneBytes, budgetBytes } = forecast;
  const { pictures, instances, leftOut, cut, shortSides, longSides } = summary;
  const steps = rounds * training.steps;
  const { adapter, secondsPerStep } = forecast;
  return rows([
    ["data", `${plural(instances, "mask")} in ${plural(pictures, "picture")} of ${plan.source}`],
    ["", `sides of ${shortSides[0]} to ${longSides[1]} pixels`],
    ["", leftOutText(leftOut)],
    ["", cut > 0 ? `${plural(cut, "outline")} cut at the border of the picture` : ""],
    ["backbone", `${backbone.name}: ${backbone.title}, frozen`],
    [
      "network",
      `${segmenter.heads.grids.length} levels, ` +
      `${(parameters / 1e6).toPrecision(3)} million parameters that train`,
    ],
    [
      "training",
      `preset ${preset}, ${rounds > 1 ? `${rounds} rounds of ` : ""}` +
      `${plural(training.steps, "step")} of ${plural(training.batch, "picture")}, ` +
      `${training.views.strong ? "two views" : "one view"} of each, ` +
      `up to ${padded.join(" × ")} pixels`,
    ],
    ["memory", memoryWords(bytes, backboneBytes, budgetBytes, adapter)],
    [
      "time",
      secondsPerStep === null
        ? "cannot be told without a GPU adapter"
        : `about ${duration(steps * secondsPerStep)}: ${flops(flopsPerStep)} and ` +
          `${secondsPerStep.toPrecision(2)} s a step, measured on ${adapter}`,
    ],
    ["disk", `about ${diskText(forecast.diskBytes)}`],
    ["into", folder],
    [null, "nothing was trained or written (--dry-run)"],
  ]);
}

function memoryWords(
  bytes: number,
  backboneBytes: number,
  budgetBytes: number,
  adapter: string | null,
): string {
  const budget = budgetBytes === Infinity
    ? "; how much the GPU has is not known, --memory sets a limit"
    : `; the budget is ${memoryText(budgetBytes)}`;
  return `${memoryText(bytes)} of GPU memory, ${memoryText(backboneBytes)} of it the backbone` +
    (adapter === null ? "" : budget);
}

import { Gpu, NoAdapterError, PORTABLE_DEVICE } from "@fiedler/gpu";
import { EXIT, type ExitCode } from "./exit.ts";
import { diskText, duration, flops, rows } from "./forecast_words.ts";
import { memoryBudget, memoryText } from "./memory_budget.ts";
import type { Output } from "./output.ts";
import { plural } from "./summary.ts";
import { benchOn, openLesson } from "./train_bench.ts";
import { keptBytes, trainingNeeds, type TrainNeeds } from "./train_memory.ts";
import type { TrainPlan } from "./train_plan.ts";
import { keptTuningRule } from "./tune_first_use.ts";
import { openViews } from "./training_pool.ts";
import { leftOutText } from "./training_set.ts";

/** Arithmetic of the step that is timed, at most: a second or two on a CPU, and on a GPU. */
const PROBE_FLOPS = { software: 20e9, hardware: 2e12 } as const;

/** What a training will take. */
interface TrainForecast extends TrainNeeds {
  /** What runs it; null without an adapter. */
  readonly adapter: string | null;
  readonly budgetBytes: number;
  /** A step, by one that was timed; null without an adapter. */
  readonly secondsPerStep: number | null;
  /** Whether a smaller step was timed: what does not shrink with it is then counted too often. */
  readonly shrunk: boolean;
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
      ...(gpu ? await timedStep(gpu, plan, needs) : { secondsPerStep: null, shrunk: false }),
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
      tuning: keptTuningRule(values.tune),
    });
  } catch (error) {
    if (error instanceof NoAdapterError) return null;
    throw error;
  }
}

/** Times a step of fewer views, or of one that is shrunk, where a whole one would take long. */
async function timedStep(
  gpu: Gpu,
  plan: TrainPlan,
  needs: TrainNeeds,
): Promise<Pick<TrainForecast, "secondsPerStep" | "shrunk">> {
  const { training, data } = plan;
  const views = training.batch * (training.views.strong ? 2 : 1);
  const most = PROBE_FLOPS[gpu.adapter.software ? "software" : "hardware"];
  const affordable = most * views / needs.flopsPerStep; // views
  const scale = Math.min(1, Math.sqrt(affordable));
  const side = Math.max(64, Math.round(scale * Math.max(...training.views.shortSides)));
  const { heads } = plan.segmenter;
  const probe: TrainPlan = {
    ...plan,
    segmenter: {
      ...plan.segmenter,
      // The heads work on cells, however small the picture is.
      heads: { ...heads, grids: heads.grids.map((grid) => Math.max(2, Math.round(scale * grid))) },
      shortSide: side,
    },
    training: {
      ...training,
      ...{ steps: 3, batch: Math.min(views, Math.max(1, Math.floor(affordable))) },
      views: { ...training.views, strong: false, shortSides: [side] },
    },
    start: null,
  };
  const bench = await benchOn(gpu, probe);
  using lesson = await openLesson(bench, probe, { round: 1, state: null });
  let seconds = Infinity;
  const { multiple } = lesson.network;
  const steps = openViews(data, probe.training, probe.segmenter, { from: 0, multiple, workers: 1 });
  for await (const { step, views } of steps) {
    const started = performance.now();
    await lesson.trainer.step(views, step + 1);
    await gpu.settle();
    // The first step compiles the kernels; of the others the one that was disturbed least.
    if (step > 0) seconds = Math.min(seconds, (performance.now() - started) / 1000);
  }
  const { flopsPerStep } = await trainingNeeds(gpu, probe, Infinity);
  return { secondsPerStep: seconds * needs.flopsPerStep / flopsPerStep, shrunk: scale < 1 };
}

function forecastLines(plan: TrainPlan, forecast: TrainForecast): string[] {
  const { data: { summary }, training, rounds, backbone, preset, segmenter, folder } = plan;
  const { parameters, padded, flopsPerStep } = forecast;
  const { pictures, instances, leftOut, cut, shortSides, longSides } = summary;
  const steps = rounds * training.steps;
  const { adapter, secondsPerStep, shrunk } = forecast;
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
    ["memory", memoryWords(forecast)],
    [
      "time",
      secondsPerStep === null
        ? "cannot be told without a GPU adapter"
        : `${shrunk ? "at most " : ""}about ${duration(steps * secondsPerStep)}: ${
          flops(flopsPerStep)
        } and ` +
          `${secondsPerStep.toPrecision(2)} s a step, measured on ${adapter}`,
    ],
    ["disk", `about ${diskText(forecast.diskBytes)}`],
    ["into", folder],
    [null, "nothing was trained or written (--dry-run)"],
  ]);
}

function memoryWords(forecast: TrainForecast): string {
  const { adapter, budgetBytes, bytes, backboneBytes } = forecast;
  const budget = budgetBytes === Infinity
    ? "; how much the GPU has is not known, --memory sets a limit"
    : `; the budget is ${memoryText(budgetBytes)}`;
  const kept = keptBytes(forecast, budgetBytes);
  return `${memoryText(bytes)} of GPU memory, ${memoryText(backboneBytes)} of it the backbone, ` +
    `and up to ${memoryText(kept)} for features of views that come again` +
    (adapter === null ? "" : budget);
}

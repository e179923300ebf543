import { Gpu, NoAdapterError } from "@fiedler/gpu";
import { Pretrainer } from "@fiedler/pretrain";
import { EXIT, type ExitCode } from "./exit.ts";
import { diskText, duration, rows } from "./forecast_words.ts";
import { memoryBudget, memoryText } from "./memory_budget.ts";
import type { Output } from "./output.ts";
import { openBatches } from "./pretrain_batches.ts";
import { networkWords } from "./pretrain_end.ts";
import type { PretrainPlan } from "./pretrain_plan.ts";
import { plural } from "./summary.ts";
import { keptTuningRule } from "./tune_first_use.ts";

/** Pictures of the step that is timed on a software adapter: a second or two. */
const PROBE_BATCH = 4;

/** What a pretraining will take. */
interface PretrainForecast {
  readonly adapter: string;
  /** A step, by one that was timed. */
  readonly secondsPerStep: number;
  /** Whether a step of fewer pictures was timed. */
  readonly shrunk: boolean;
  /** Most bytes of GPU memory in that step. */
  readonly bytes: number;
  /** Numbers that train. */
  readonly parameters: number;
  /** Checkpoints with their encoders. */
  readonly diskBytes: number;
}

/**
 * `--dry-run`: says what a pretraining would do and take, by steps that are timed. Writes nothing.
 *
 * @throws {CliError} exit 3 when a picture of these steps cannot be read.
 */
export async function pretrainDryRun(plan: PretrainPlan, out: Output): Promise<ExitCode> {
  const { settings, source, folder } = plan;
  const { steps, batch } = settings;
  const { length: skipped } = source.skipped;
  const forecast = await forecastOf(plan);
  out.event({
    ...{ event: "plan", folder, objective: settings.kind, pictures: source.count, steps, batch },
    skipped,
    ...forecast,
  });
  const lines: [string | null, string][] = [
    ["pictures", source.words],
    ["", skipped > 0 ? `${skipped} more cannot be used and would be skipped` : ""],
    ["network", networkWords(settings)],
    ["training", `${plural(steps, "step")} of ${plural(batch, "picture")}`],
    ["", `each picture ${Number((steps * batch / source.count).toPrecision(2))} times`],
    ...forecast ? neededRows(forecast, steps) : [noAdapter],
    ["into", folder],
    [null, "nothing was trained or written (--dry-run)"],
  ];
  out.print(rows(lines).join("\n"));
  return EXIT.ok;
}

const noAdapter: [string, string] = ["time", "cannot be told without a GPU adapter"];

/** What the steps need. */
function neededRows(forecast: PretrainForecast, steps: number): [string, string][] {
  const { adapter, secondsPerStep, shrunk, bytes, parameters, diskBytes } = forecast;
  return [
    ["", `${(parameters / 1e6).toPrecision(3)} million parameters train`],
    ["memory", shrunk ? "" : `${memoryText(bytes)} of GPU memory`],
    [
      "time",
      `${shrunk ? "at most " : ""}about ${duration(steps * secondsPerStep)}: ` +
      `${secondsPerStep.toPrecision(2)} s a step, measured on ${adapter}` +
      (shrunk ? ` with ${PROBE_BATCH} pictures` : ""),
    ],
    ["disk", `about ${diskText(diskBytes)}`],
  ];
}

/** Times steps; null without an adapter. */
async function forecastOf(plan: PretrainPlan): Promise<PretrainForecast | null> {
  const gpu = await openIfThere(plan);
  if (gpu === null) return null;
  const { batch } = plan.settings;
  const probed = gpu.adapter.software ? Math.min(batch, PROBE_BATCH) : batch;
  const settings = { ...plan.settings, batch: probed, steps: 3 };
  try {
    const trainer = new Pretrainer(gpu, settings);
    let least = Infinity;
    for await (
      const { step, batch } of openBatches(plan.source, settings, { from: 0, workers: 1 })
    ) {
      const started = performance.now();
      trainer.step(batch, step);
      await trainer.report();
      // The first step compiles the kernels; of the others the one that was disturbed least.
      if (step > 1) least = Math.min(least, (performance.now() - started) / 1000);
    }
    const state = [...await trainer.state()];
    const sizeOf = (some: typeof state) =>
      some.reduce((sum, [, { values }]) => sum + values.length, 0);
    const encoder = await trainer.encoderFile();
    const parameters = sizeOf(state.filter(([name]) => !/^(optimiser|teacher)\./.test(name)));
    const { keep } = plan.values;
    return {
      adapter: gpu.adapter.description,
      secondsPerStep: least * batch / probed,
      shrunk: probed < batch,
      bytes: gpu.memory.peakBytes,
      parameters,
      diskBytes: keep * (4 * sizeOf(state) + encoder.length) + encoder.length,
    };
  } finally {
    gpu.close();
  }
}

async function openIfThere({ values }: PretrainPlan): Promise<Gpu | null> {
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

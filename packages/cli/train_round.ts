import { GpuMemoryError } from "@fiedler/gpu";
import {
  factoredTerms,
  factorsAt,
  NotFiniteError,
  type StepReport,
  type TrainSettings,
} from "@fiedler/train";
import type { Checkpoints } from "./checkpoints.ts";
import { MetricsFile, type MetricsLine } from "./metrics_file.ts";
import type { Stopwatch } from "./stopwatch.ts";
import { checkStop } from "./stop.ts";
import { type Lesson, openLesson, type TrainBench } from "./train_bench.ts";
import type { Checkpoint } from "./train_checkpoints.ts";
import { notFinite, outOfMemory } from "./train_end.ts";
import type { TrainFolder } from "./train_folder.ts";
import type { TrainPlan } from "./train_plan.ts";
import type { TrainProgress } from "./train_progress.ts";
import type { TrainWorld } from "./train_run.ts";
import { openViews } from "./training_pool.ts";
import type { TrainingSet } from "./training_set.ts";

/** Milliseconds that a killed process may lose where `--checkpoint-every` is not given. */
const CHECKPOINT_MS = 60_000;

/** What a round works with. */
export interface RoundContext {
  readonly plan: TrainPlan;
  readonly world: TrainWorld;
  readonly folder: TrainFolder;
  readonly checkpoints: Checkpoints<Checkpoint>;
  readonly bench: TrainBench;
  readonly progress: TrainProgress;
  readonly watch: Stopwatch;
  /** Called after each update. */
  readonly counted: () => void;
}

/**
 * Trains a round to its end, from its start or a checkpoint of it.
 *
 * @param round from 1.
 * @param data what this round learns from.
 * @returns its last checkpoint, which is stored.
 */
export async function trainRound(
  context: RoundContext,
  round: number,
  data: TrainingSet,
  place: Checkpoint | null,
): Promise<Checkpoint> {
  const { plan, bench, folder, world: { disk } } = context;
  const { training, segmenter } = plan;
  const before = (round - 1) * training.steps;
  const from = place === null ? 0 : place.step - before;
  if (place !== null && from === training.steps) return place;
  const metrics = await MetricsFile.open(disk, folder.file("metrics.jsonl"), before + from);
  using lesson = await openLesson(bench, plan, { round, state: place && place.state });
  const { multiple } = lesson.network;
  using views = openViews(data, training, segmenter, { from, multiple });
  try {
    return await new Round(context, round, lesson, metrics).run(views);
  } catch (error) {
    if (error instanceof GpuMemoryError) throw outOfMemory(error, folder.path);
    if (!(error instanceof NotFiniteError)) throw error;
    const checkpoint = (await context.checkpoints.paths()).at(-1);
    throw notFinite(error, { folder: folder.path, round, data, checkpoint });
  } finally {
    await metrics.flush();
  }
}

/** The steps of a round. */
class Round {
  #savedAt = performance.now();

  constructor(
    private readonly context: RoundContext,
    private readonly round: number,
    private readonly lesson: Lesson,
    private readonly metrics: MetricsFile,
  ) {}

  async run(steps: ReturnType<typeof openViews>): Promise<Checkpoint> {
    const { plan: { training }, watch, progress, counted } = this.context;
    let waiting = performance.now();
    for await (const { step: index, views } of steps) {
      watch.add("waiting for pictures", performance.now() - waiting);
      const step = index + 1;
      const report = await watch.time("compute", () => this.lesson.trainer.step(views, step));
      const line = metricsLine(report, training, this.#overall(step));
      await this.metrics.add(line);
      counted();
      progress.advance(line, views.length);
      const last = step === training.steps;
      const checkpoint = last || this.#isDue(step) ? await this.#save(step) : null;
      if (last) return checkpoint!;
      waiting = performance.now();
    }
    throw new TypeError("a round without a last step");
  }

  /** Steps of all rounds up to one of this. */
  #overall(step: number): number {
    return (this.round - 1) * this.context.plan.training.steps + step;
  }

  #isDue(step: number): boolean {
    const { plan: { values: { "checkpoint-every": every } }, world: { stop } } = this.context;
    if (stop.signal !== null) return true;
    return every === undefined
      ? performance.now() - this.#savedAt >= CHECKPOINT_MS
      : step % every === 0;
  }

  /** Stores a checkpoint, and stops where that was asked for. */
  async #save(step: number): Promise<Checkpoint> {
    const { plan, folder, checkpoints, watch, world: { stop, out } } = this.context;
    const checkpoint = await watch.time("checkpoint", async () => {
      await this.metrics.flush();
      const { round, lesson: { trainer } } = this;
      const checkpoint = { round, step: this.#overall(step), state: await trainer.state() };
      const path = await checkpoints.save(checkpoint);
      out.event({ event: "checkpoint", step: checkpoint.step, path });
      await folder.log({ event: "checkpoint", step: checkpoint.step });
      return checkpoint;
    });
    this.#savedAt = performance.now();
    const all = plan.rounds * plan.training.steps;
    if (checkpoint.step < all) checkStop(stop, `${folder.path}, step ${checkpoint.step} of ${all}`);
    return checkpoint;
  }
}

/** What is kept of a step: terms with their factors, so that they add up. */
function metricsLine(
  { step, rate, terms, gradientNorm, positives, entries }: StepReport,
  { loss }: TrainSettings,
  overall: number,
): MetricsLine {
  return {
    ...{ step: overall, rate },
    ...factoredTerms(terms, factorsAt(loss, step)),
    ...{ total: terms.total, gradientNorm, positives, entries },
  };
}

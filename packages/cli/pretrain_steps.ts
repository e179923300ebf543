import type { Pretrainer } from "@fiedler/pretrain";
import type { MetricsFile } from "./metrics_file.ts";
import type { PictureSkips } from "./picture_skips.ts";
import type { PretrainCheckpoints } from "./pretrain_checkpoints.ts";
import type { PretrainFile } from "./pretrain_file.ts";
import type { MadeBatch } from "./pretrain_pictures.ts";
import type { PretrainPlan } from "./pretrain_plan.ts";
import type { PretrainProgress } from "./pretrain_progress.ts";
import { metricsLine, type PretrainLine } from "./pretrain_report.ts";
import type { World } from "./run.ts";
import { checkStop } from "./stop.ts";
import type { Stopwatch } from "./stopwatch.ts";
import type { TrainFolder } from "./train_folder.ts";
import { VERSION } from "./version.ts";

/** Milliseconds that a killed process may lose where `--checkpoint-every` is not given. */
const CHECKPOINT_MS = 60_000;
/** Milliseconds between readbacks: each costs some, and Ctrl-C waits for one. */
const REPORT_MS = 250;
/** Steps that may wait for their readback. */
const MOST_UNREAD = 64;

/** What the steps of a pretraining work with. */
export interface StepsContext {
  readonly plan: PretrainPlan;
  readonly world: World;
  readonly folder: TrainFolder<PretrainFile>;
  readonly trainer: Pretrainer;
  readonly metrics: MetricsFile<PretrainLine>;
  readonly skips: PictureSkips;
  readonly checkpoints: PretrainCheckpoints;
  readonly progress: PretrainProgress;
  readonly watch: Stopwatch;
  /** Called after each update. */
  readonly counted: () => void;
}

/** The encoder as it stands; its metadata say what it learnt from, and how. */
export const encoderFile = (
  trainer: Pretrainer,
  { identity }: PretrainPlan,
  step: number,
): Promise<Uint8Array<ArrayBuffer>> =>
  trainer.encoderFile("F16", {
    software: `fiedler ${VERSION}`,
    step: `${step}`,
    pretraining: JSON.stringify(identity),
  });

/** The steps of a pretraining to its end. */
export class PretrainSteps {
  #savedAt = performance.now();
  #reportedAt = performance.now();
  /** Steps between readbacks, from what the last ones took; the first step compiles kernels. */
  #window = 1;
  #unread = 0;

  constructor(private readonly context: StepsContext) {}

  /**
   * Runs the steps of a stream, and stores a checkpoint about every minute and at the end.
   *
   * @throws {DivergedError} when a loss or gradient is not finite; nothing of it is stored.
   */
  async run(batches: AsyncIterable<{ readonly step: number } & MadeBatch>): Promise<void> {
    const { plan: { settings }, trainer, skips, watch } = this.context;
    let waiting = performance.now();
    for await (const { step, batch, skipped } of batches) {
      watch.add("waiting for pictures", performance.now() - waiting);
      await skips.add(skipped);
      const started = performance.now();
      trainer.step(batch, step);
      this.#unread++;
      watch.add("compute", performance.now() - started);
      const due = step === settings.steps || this.#isDue(step);
      if (due || this.#unread >= this.#window) await this.#report();
      if (due) await this.#save(step);
      waiting = performance.now();
    }
  }

  #isDue(step: number): boolean {
    const { plan: { values: { "checkpoint-every": every } }, world: { stop } } = this.context;
    if (stop.signal !== null) return true;
    return every === undefined
      ? performance.now() - this.#savedAt >= CHECKPOINT_MS
      : step % every === 0;
  }

  /** Reads what the last steps did. */
  async #report(): Promise<void> {
    const { trainer, metrics, progress, watch, counted } = this.context;
    const reports = await watch.time("compute", () => trainer.report());
    for (const report of reports) {
      await metrics.add(metricsLine(report));
      counted();
    }
    progress.advance(reports);
    const perStep = (performance.now() - this.#reportedAt) / this.#unread;
    this.#window = Math.max(1, Math.min(MOST_UNREAD, Math.floor(REPORT_MS / perStep)));
    this.#unread = 0;
    this.#reportedAt = performance.now();
  }

  /** Stores a checkpoint, and stops where that was asked for. */
  async #save(step: number): Promise<void> {
    const { plan, folder, trainer, checkpoints, metrics, watch, world: { stop, out } } =
      this.context;
    await watch.time("checkpoint", async () => {
      await metrics.flush();
      const encoder = await encoderFile(trainer, plan, step);
      const path = await checkpoints.save({ step, state: await trainer.state() }, encoder);
      out.event({ event: "checkpoint", step, path });
      await folder.log({ event: "checkpoint", step });
    });
    this.#savedAt = this.#reportedAt = performance.now();
    const { steps } = plan.settings;
    if (step < steps) checkStop(stop, `${folder.path}, step ${step} of ${steps}`);
  }
}

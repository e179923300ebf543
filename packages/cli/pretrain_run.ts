import { Gpu, GpuMemoryError } from "@fiedler/gpu";
import { DivergedError, Pretrainer } from "@fiedler/pretrain";
import { againWhenLost } from "./again_when_lost.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import { memoryBudget } from "./memory_budget.ts";
import { MetricsFile } from "./metrics_file.ts";
import { PictureSkips } from "./picture_skips.ts";
import { openBatches } from "./pretrain_batches.ts";
import { PretrainCheckpoints } from "./pretrain_checkpoints.ts";
import { diverged, lostAgain, outOfMemory, pretrainingWelcome } from "./pretrain_end.ts";
import { type PretrainFile, pretrainFile } from "./pretrain_file.ts";
import type { PretrainPlan } from "./pretrain_plan.ts";
import { PretrainProgress } from "./pretrain_progress.ts";
import { METRIC_NAMES, type PretrainLine, writePretrainReport } from "./pretrain_report.ts";
import { readStart } from "./pretrain_start.ts";
import { encoderFile, PretrainSteps } from "./pretrain_steps.ts";
import type { World } from "./run.ts";
import { Stopwatch } from "./stopwatch.ts";
import type { OpenGpu } from "./train_bench.ts";
import type { TrainSession } from "./train_file.ts";
import { TrainFolder } from "./train_folder.ts";
import { tuningRecord, tuningRule } from "./tune_first_use.ts";

/** What a pretraining came to. */
export interface PretrainResult {
  readonly folder: string;
  /** The encoder's file, */
  readonly encoder: string;
  /** and the page with the curves. */
  readonly report: string;
  /** Whether an earlier process had finished it. */
  readonly already: boolean;
  /** `pretrain.json`. */
  readonly file: PretrainFile;
}

/** What `--model` of other commands reads. */
const ENCODER = "encoder.safetensors";

/**
 * Pretrains an encoder into a folder. Goes on from the last checkpoint that an earlier process left;
 * encoder and metrics are the same bytes either way.
 *
 * @throws {CliError} exit 2 when the folder is another pretraining's; 3 when the loss is not finite; 6
 * when the GPU is lost again before a checkpoint; 7 when a step does not fit the memory.
 */
export async function runPretraining(
  plan: PretrainPlan,
  world: World,
  openGpu: OpenGpu = (options) => Gpu.open(options),
): Promise<PretrainResult> {
  const { identity, values: { force } } = plan;
  using folder = await TrainFolder.open<PretrainFile>(world.disk, plan.folder, {
    ...{ identity, force },
    kind: { file: "pretrain.json", what: "pretraining" },
  });
  const finished = folder.earlier?.status === "finished" ? folder.earlier : null;
  return {
    folder: folder.path,
    encoder: folder.file(ENCODER),
    report: folder.file("report.html"),
    already: finished !== null,
    file: finished ?? await new Pretraining(plan, world, folder, openGpu).execute(),
  };
}

/** One process's work on a pretraining. */
class Pretraining {
  readonly #watch = new Stopwatch();
  readonly #startedAt = new Date().toISOString();
  readonly #checkpoints: PretrainCheckpoints;
  #steps = 0;
  #begun = false;
  #device: Pick<TrainSession, "adapter" | "tuning" | "peakGpuBytes"> | null = null;

  constructor(
    private readonly plan: PretrainPlan,
    private readonly world: World,
    private readonly folder: TrainFolder<PretrainFile>,
    private readonly openGpu: OpenGpu,
  ) {
    const { identity, values: { keep } } = plan;
    this.#checkpoints = new PretrainCheckpoints(world.disk, folder.path, identity, keep);
  }

  async execute(): Promise<PretrainFile> {
    const { folder } = this;
    try {
      await this.#learn();
      await writePretrainReport(folder, this.#file("running", EXIT.ok));
      await folder.log({ event: "end", exit: EXIT.ok });
      const file = this.#file("finished", EXIT.ok);
      await folder.save(file);
      return file;
    } catch (error) {
      const exit = error instanceof CliError ? error.exit : EXIT.bug;
      await this.#leave(exit).catch(() => {}); // the first error is the one to tell
      throw error;
    }
  }

  /** All steps, again from the last checkpoint when the GPU is lost. */
  #learn(): Promise<void> {
    const { folder, world: { out } } = this;
    return againWhenLost(() => this.#toTheEnd(), {
      step: async () => (await this.#place())?.step ?? 0,
      lostAgain: (error) => lostAgain(error, folder.path),
      log: (event) => folder.log(event),
      out,
    });
  }

  async #toTheEnd(): Promise<void> {
    const { plan: { settings, start, values }, folder, world } = this;
    const place = await this.#place();
    const metrics = await MetricsFile.open<PretrainLine>(
      world.disk,
      folder.file("metrics.jsonl"),
      place?.step ?? 0,
      METRIC_NAMES,
    );
    const gpu = await this.openGpu({
      memoryBudgetBytes: (adapter) => memoryBudget(values.memory, adapter),
      tuning: tuningRule(values.tune, world),
    });
    try {
      this.#note(gpu);
      if (!this.#begun) await this.#begin(gpu, place?.step ?? 0);
      const encoder = start && place === null ? await readStart(start) : undefined;
      const trainer = new Pretrainer(gpu, settings, { state: place?.state, encoder });
      await this.#train(trainer, metrics, place?.step ?? 0);
    } catch (error) {
      const checkpoint = (await this.#checkpoints.paths()).at(-1);
      if (error instanceof DivergedError) throw diverged(error, folder.path, checkpoint);
      if (error instanceof GpuMemoryError) throw outOfMemory(error, folder.path);
      throw error;
    } finally {
      this.#note(gpu);
      gpu.close();
      await metrics.flush();
    }
  }

  /** The steps behind `from`, and then the encoder. */
  async #train(
    trainer: Pretrainer,
    metrics: MetricsFile<PretrainLine>,
    from: number,
  ): Promise<void> {
    const { plan, folder, world } = this;
    const { source, settings, values: { workers } } = plan;
    const progress = new PretrainProgress(world.out, settings);
    const skips = await PictureSkips.open(world, folder.file("skipped.jsonl"));
    await skips.add(source.skipped);
    if (from < settings.steps) {
      using batches = openBatches(source, settings, { from, workers });
      const steps = new PretrainSteps({
        ...{ plan, world, folder, trainer, metrics, skips, progress },
        checkpoints: this.#checkpoints,
        watch: this.#watch,
        counted: () => this.#steps++,
      });
      await steps.run(batches);
    }
    progress.end();
    await world.disk.writeWhole(
      folder.file(ENCODER),
      await encoderFile(trainer, plan, settings.steps),
    );
  }

  /** The last checkpoint that is whole. */
  #place() {
    return this.#checkpoints.latest((path, why) => {
      this.world.out.note(`${path} is damaged, the one before it is used: ${why}`);
      return this.folder.log({ event: "damaged checkpoint", path, why });
    });
  }

  async #begin({ adapter }: Gpu, step: number): Promise<void> {
    const { plan, folder, world: { out } } = this;
    this.#begun = true;
    const before = folder.earlier?.sessions.at(-1)?.adapter.description;
    const otherAdapter = before !== undefined && before !== adapter.description ? before : null;
    pretrainingWelcome(out, plan, adapter, { step, otherAdapter });
    await folder.save(this.#file("running", null));
    await folder.log({ event: "start", adapter: adapter.description });
  }

  /** Keeps what the device knows, for when it is closed. */
  #note({ adapter, tuning, memory: { peakBytes } }: Gpu): void {
    this.#device = { adapter, tuning: tuningRecord(tuning.table), peakGpuBytes: peakBytes };
  }

  /** Writes how it ended; nothing when it did not begin. */
  async #leave(exit: ExitCode): Promise<void> {
    if (this.#device === null) return;
    await this.folder.save(this.#file("running", exit));
    await this.folder.log({ event: "end", exit });
  }

  #file(status: PretrainFile["status"], exit: ExitCode | null): PretrainFile {
    const session = {
      startedAt: this.#startedAt,
      endedAt: exit === null ? null : new Date().toISOString(),
      exit,
      steps: this.#steps,
      wallMs: this.#watch.totalMs,
      parts: this.#watch.parts,
      ...this.#device!,
    };
    return pretrainFile(this.plan, status, [...(this.folder.earlier?.sessions ?? []), session]);
  }
}

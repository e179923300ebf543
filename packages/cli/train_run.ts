import { Gpu, type GpuLostError } from "@fiedler/gpu";
import { Checkpoints } from "./checkpoints.ts";
import { againWhenLost } from "./again_when_lost.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import type { World } from "./run.ts";
import { Stopwatch } from "./stopwatch.ts";
import { openBench, type OpenGpu, type TrainBench } from "./train_bench.ts";
import { type Checkpoint, segmenterMoments } from "./train_checkpoints.ts";
import { trainingWelcome } from "./train_end.ts";
import { type TrainFile, trainFile, type TrainSession } from "./train_file.ts";
import { TrainFolder } from "./train_folder.ts";
import { segmenterRecord, type TrainPlan } from "./train_plan.ts";
import { TrainProgress } from "./train_progress.ts";
import { writeTrainReport } from "./train_report.ts";
import { trainRound } from "./train_round.ts";
import { roundData, writeSegmenter } from "./train_rounds.ts";
import { tuningRecord } from "./tune_first_use.ts";

/** What a training needs of the world. */
export type TrainWorld = World;

/** What a training came to. */
export interface TrainingResult {
  readonly folder: string;
  /** The segmenter's file, */
  readonly weights: string;
  /** and the page with the curves. */
  readonly report: string;
  /** Whether an earlier process had finished it. */
  readonly already: boolean;
  /** `train.json`. */
  readonly file: TrainFile;
}

/**
 * Trains a segmenter into a folder. Goes on from the last checkpoint that an earlier process left;
 * weights and metrics are the same bytes either way.
 *
 * @throws {CliError} exit 2 when the folder is another training's; 3 when the loss is not finite; 6
 * when the GPU is lost again before a checkpoint; 7 when a step does not fit the memory.
 */
export async function runTraining(
  plan: TrainPlan,
  world: TrainWorld,
  openGpu: OpenGpu = (options) => Gpu.open(options),
): Promise<TrainingResult> {
  const { identity, values: { force } } = plan;
  using folder = await TrainFolder.open(world.disk, plan.folder, { identity, force });
  const { earlier } = folder;
  const finished = earlier?.status === "finished" ? earlier : null;
  return {
    folder: folder.path,
    weights: folder.file(WEIGHTS),
    report: folder.file("report.html"),
    already: finished !== null,
    file: finished ?? await new Training(plan, world, folder, openGpu).execute(),
  };
}

/** What `predict` reads. */
const WEIGHTS = "segmenter.safetensors";

/** One process's work on a training. */
class Training {
  #watch = new Stopwatch();
  #startedAt = new Date().toISOString();
  #steps = 0;
  #begun = false;
  #device: Pick<TrainSession, "adapter" | "tuning" | "peakGpuBytes"> | null = null;
  readonly #checkpoints: Checkpoints<Checkpoint>;

  constructor(
    private readonly plan: TrainPlan,
    private readonly world: TrainWorld,
    private readonly folder: TrainFolder,
    private readonly openGpu: OpenGpu,
  ) {
    const { keep } = plan.values;
    const format = segmenterMoments(segmenterRecord(plan));
    this.#checkpoints = new Checkpoints(world.disk, folder.path, format, keep);
  }

  async execute(): Promise<TrainFile> {
    const { folder } = this;
    try {
      await this.#learn();
      await writeTrainReport(folder, this.#file("running", EXIT.ok));
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

  /** All rounds, again from the last checkpoint when the GPU is lost. */
  #learn(): Promise<void> {
    const { folder, world: { out } } = this;
    return againWhenLost(() => this.#rounds(), {
      step: async () => (await this.#place())?.step ?? 0,
      lostAgain: (error) => lostAgain(error, folder.path),
      log: (event) => folder.log(event),
      out,
    });
  }

  async #rounds(): Promise<void> {
    const { plan, folder, world } = this;
    let place = await this.#place();
    const progress = new TrainProgress(world.out, plan.rounds * plan.training.steps);
    for (let round = place?.round ?? 1; round <= plan.rounds; round++) {
      const data = await roundData(plan, round, place, folder, world);
      const bench = await openBench(plan, world, this.openGpu);
      try {
        this.#note(bench);
        if (!this.#begun) await this.#begin(bench, place);
        const context = {
          ...{ plan, world, folder, bench, progress },
          checkpoints: this.#checkpoints,
          watch: this.#watch,
          counted: () => this.#steps++,
        };
        place = await trainRound(context, round, data, place?.round === round ? place : null);
      } finally {
        this.#note(bench);
        bench.close();
      }
    }
    progress.end();
    const weights = folder.file(WEIGHTS);
    await writeSegmenter(world.disk, weights, segmenterRecord(plan), place!.state);
  }

  /** The last checkpoint that is whole. */
  #place(): Promise<Checkpoint | null> {
    return this.#checkpoints.latest((path, why) => {
      this.world.out.note(`${path} is damaged, the one before it is used: ${why}`);
      return this.folder.log({ event: "damaged checkpoint", path, why });
    });
  }

  async #begin(bench: TrainBench, place: Checkpoint | null): Promise<void> {
    const { plan, folder, world: { out } } = this;
    this.#begun = true;
    const { adapter } = bench.gpu;
    const before = folder.earlier?.sessions.at(-1)?.adapter.description;
    trainingWelcome(out, plan, adapter, {
      step: place?.step ?? 0,
      otherAdapter: before !== undefined && before !== adapter.description ? before : null,
    });
    await folder.save(this.#file("running", null));
    await folder.log({ event: "start", adapter: bench.gpu.adapter.description });
  }

  /** Keeps what the device knows, for when it is closed. */
  #note({ gpu: { adapter, tuning, memory: { peakBytes } } }: TrainBench): void {
    this.#device = { adapter, tuning: tuningRecord(tuning.table), peakGpuBytes: peakBytes };
  }

  /** Writes how it ended; nothing when it did not begin. */
  async #leave(exit: ExitCode): Promise<void> {
    if (this.#device === null) return;
    await this.folder.save(this.#file("running", exit));
    await this.folder.log({ event: "end", exit });
  }

  #file(status: TrainFile["status"], exit: ExitCode | null): TrainFile {
    const session = {
      startedAt: this.#startedAt,
      endedAt: exit === null ? null : new Date().toISOString(),
      exit,
      steps: this.#steps,
      wallMs: this.#watch.totalMs,
      parts: this.#watch.parts,
      ...this.#device!,
    };
    return trainFile(this.plan, status, [...(this.folder.earlier?.sessions ?? []), session]);
  }
}

const lostAgain = (error: GpuLostError, folder: string): CliError =>
  new CliError(
    EXIT.gpu,
    "the GPU was lost again before the next checkpoint",
    `${folder}: ${error.message}`,
    "update its driver, or use smaller views (--short-side) or fewer --together, then run the " +
      "same command again; all checkpoints are intact",
    { cause: error },
  );

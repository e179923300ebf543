import type { AdapterReport, KernelTime, Tuning } from "@fiedler/gpu";
import { batches, type BatchItem } from "./batches.ts";
import type { SkipRecord } from "./engine.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import type { Identity } from "./identity.ts";
import type { Inputs } from "./inputs.ts";
import type { PictureDesk } from "./pool.ts";
import { Progress } from "./progress.ts";
import { SturdyEngine } from "./recovery.ts";
import type { World } from "./run.ts";
import type { RunFile, Session } from "./run_file.ts";
import type { Done, RunFolder, StoredRecord } from "./run_folder.ts";
import { stageTimes } from "./stage_times.ts";
import { checkStop } from "./stop.ts";
import { Stopwatch } from "./stopwatch.ts";
import { tuningRecord } from "./tune_first_use.ts";
import { VERSION } from "./version.ts";

/** What computes pictures, on one GPU device. */
export interface PictureEngine {
  readonly adapter: AdapterReport;
  readonly tuning: Tuning;
  /** Most bytes of GPU memory so far. */
  readonly peakBytes: number;
  readonly kernelTimes: readonly KernelTime[];
  close(): void;
}

/** A picture that was read, or why it was not. */
export type Readable<P> =
  | ({ readonly ok: true } & P)
  | { readonly ok: false; readonly code: string; readonly reason: string };

/** What a command does with each of many pictures; results are JSON records. */
export interface PictureJob<E extends PictureEngine, P, V, R extends StoredRecord> {
  readonly folder: string;
  readonly inputs: Inputs;
  readonly identity: Identity;
  /** Whether the first picture that cannot be read ends the run. */
  readonly strict: boolean;
  /** What `run.json` says besides. */
  readonly about: Pick<RunFile, "command" | "config" | "options" | "weights">;
  /** Opens a device for the pictures of some indices. */
  open(indices: readonly number[]): Promise<E>;
  /** Pictures that are read, computed and saved together. */
  batchSize(adapter: AdapterReport): number;
  /** Reads a picture, in a worker. */
  read(desk: PictureDesk, index: number, engine: E): Promise<Readable<P>>;
  /** Results in the order of the pictures; none depends on which others are in the list. */
  compute(engine: E, pictures: readonly P[]): Promise<readonly V[]>;
  /** Writes what belongs to one picture; its record, written after it, says that it is done. */
  write(desk: PictureDesk, index: number, picture: P, result: V): Promise<void>;
  /** The line that is kept of a picture. */
  record(result: V): R;
  /** Masks that a record adds to the count. */
  readonly masks: (record: R) => number;
  /** Says what is about to happen; the last is an earlier part's other adapter. */
  welcome(engine: E, done: Done, otherAdapter: string | null): void;
}

/** What the end of a run is told with. */
export interface Finish {
  /** Runs some work and adds its time to a part of the run. */
  time<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Writes `run.json` as it stands: with the parts so far, and not finished. */
  save(status?: RunFile["status"]): Promise<void>;
}

/** One process's work on a run folder. */
export class PictureRun<E extends PictureEngine, P, V, R extends StoredRecord> {
  #watch = new Stopwatch();
  #startedAt = new Date().toISOString();
  #pictures = 0;
  #session: Pick<Session, "adapter" | "tuning" | "peakGpuBytes" | "kernels" | "stages"> | null =
    null;

  constructor(
    private readonly job: PictureJob<E, P, V, R>,
    private readonly world: World,
    private readonly folder: RunFolder<R>,
    private readonly done: Done,
  ) {}

  /** Milliseconds since this process began. */
  get wallMs(): number {
    return this.#watch.totalMs;
  }

  /**
   * Computes the pictures that are not done, closes the device, and then runs `finish`, during
   * which `run.json` is complete but for saying "finished".
   */
  async execute(finish: (tools: Finish) => Promise<void>): Promise<void> {
    const { folder } = this;
    try {
      await this.#compute();
      if (this.done.pictures === 0) throw nothingUsable(folder);
      const save = (status: RunFile["status"] = "running") =>
        folder.save(this.#runFile(status, EXIT.ok));
      await save();
      await finish({ time: (name, work) => this.#timed(name, work), save });
      await folder.log({ event: "end", exit: EXIT.ok });
      await folder.save(this.#runFile("finished", EXIT.ok));
    } catch (error) {
      const exit = error instanceof CliError ? error.exit : EXIT.bug;
      await this.#leave(exit).catch(() => {}); // the first error is the one to tell
      throw error;
    }
  }

  async #compute(): Promise<void> {
    const { job, folder, done, world: { out } } = this;
    const indices = job.inputs.pictures.flatMap(({ image }, i) => done.images.has(image) ? [] : i);
    using sturdy = await SturdyEngine.open(() => job.open(indices), (error) => {
      out.note(`the GPU was lost, opening it again: ${error.message}`);
      return folder.log({ event: "gpu lost", message: error.message });
    });
    job.welcome(sturdy.engine, done, this.#otherAdapter(sturdy.engine));
    if (!folder.earlier) await folder.saveInputs(job.inputs.pictures);
    this.#note(sturdy.engine);
    await folder.save(this.#runFile("running", null));
    await folder.log({ event: "start", adapter: sturdy.engine.adapter.description });
    try {
      await this.#process(sturdy, indices);
    } finally {
      this.#note(sturdy.engine);
    }
  }

  /** Parts behind the device's own, which is closed by now. */
  async #timed<T>(name: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      const stages = [...this.#session!.stages, { name, ms: performance.now() - start }];
      this.#session = { ...this.#session!, stages };
    }
  }

  async #process(sturdy: SturdyEngine<E>, indices: readonly number[]): Promise<void> {
    if (indices.length === 0) return;
    const { job, done, world: { out, stop } } = this;
    using desk = this.world.openDesk();
    const total = job.inputs.pictures.length;
    const progress = new Progress(out, total, total - indices.length, () => performance.now());
    const size = job.batchSize(sturdy.engine.adapter);
    const source = batches(indices, size, (index) => job.read(desk, index, sturdy.engine));
    let waiting = performance.now();
    for await (const batch of source) {
      this.#watch.add("waiting for pictures", performance.now() - waiting);
      await this.#batch(batch, sturdy, desk);
      progress.advance(batch.length);
      this.#pictures += batch.length;
      checkStop(stop, `${job.folder}, ${done.pictures + done.skipped} of ${total} pictures done`);
      waiting = performance.now();
    }
    progress.end();
  }

  async #batch(
    batch: readonly BatchItem<Readable<P>>[],
    sturdy: SturdyEngine<E>,
    desk: PictureDesk,
  ) {
    const { job, folder, done, world: { out } } = this;
    const { skips, ready } = this.#sort(batch);
    const pictures = ready.map(({ picture }) => picture);
    const results = pictures.length === 0
      ? []
      : await this.#watch.time("compute", () =>
        sturdy.run((engine) => job.compute(engine, pictures)));
    const records = ready.map(({ index }, i) => ({ index, record: job.record(results[i]) }));
    await this.#watch.time("write", async () => {
      await allOf(
        ready.map(({ index, picture }, i) => job.write(desk, index, picture, results[i])),
      );
      await folder.append(records, skips);
    });
    done.pictures += ready.length;
    done.skipped += skips.length;
    for (const skip of skips) out.event({ event: "skip", ...skip });
    for (const { record } of records) {
      const masks = job.masks(record);
      done.masks += masks;
      out.event({ event: "picture", image: record.image, masks });
    }
  }

  /** Pictures that were read, and those that were not, which are told at once. */
  #sort(batch: readonly BatchItem<Readable<P>>[]) {
    const { job, world: { out } } = this;
    const skips: SkipRecord[] = [];
    const ready = batch.flatMap(({ index, prepared }) => {
      if (prepared.ok) return { index, picture: prepared };
      const { image, id } = job.inputs.pictures[index];
      skips.push({ image, id, code: prepared.code, reason: prepared.reason });
      return [];
    });
    for (const { image, reason } of skips) out.note(`skipped ${image}: ${reason}`);
    if (job.strict && skips.length > 0) throw refused(skips[0]);
    return { skips, ready };
  }

  /** Writes how it ended; nothing when it did not begin. */
  async #leave(exit: ExitCode): Promise<void> {
    if (!this.#session) return;
    await this.folder.save(this.#runFile("running", exit));
    await this.folder.log({ event: "end", exit });
  }

  #otherAdapter(engine: E): string | null {
    const before = this.folder.earlier?.sessions.at(-1)?.adapter.description;
    return before !== undefined && before !== engine.adapter.description ? before : null;
  }

  /** Keeps what the engine knows, for when it is closed. */
  #note({ adapter, tuning, kernelTimes, peakBytes }: E): void {
    this.#session = {
      adapter,
      tuning: tuningRecord(tuning.table),
      stages: stageTimes(this.#watch.parts, kernelTimes),
      kernels: kernelTimes.map(({ stage, kernel, ms, calls }) => ({
        name: stage === "" ? kernel : `${stage}: ${kernel}`,
        ms,
        calls,
      })),
      peakGpuBytes: peakBytes,
    };
  }

  #runFile(status: RunFile["status"], exit: ExitCode | null): RunFile {
    const { job: { about, folder, identity, inputs }, folder: { earlier } } = this;
    const session: Session = {
      startedAt: this.#startedAt,
      endedAt: exit === null ? null : new Date().toISOString(),
      exit,
      pictures: this.#pictures,
      wallMs: this.#watch.totalMs,
      ...this.#session!,
    };
    return {
      format: 1,
      version: VERSION,
      title: folder.split(/[/\\]/).findLast((part) => part !== "") ?? folder,
      status,
      identity,
      ...about,
      inputs: {
        base: inputs.base,
        pictures: inputs.pictures.length,
        notPictures: inputs.notPictures,
      },
      sessions: [...(earlier?.sessions ?? []), session],
    };
  }
}

/** Waits for all, then throws the first error: nothing may go on writing after a failure. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}

const refused = ({ image, reason }: SkipRecord) =>
  new CliError(
    EXIT.input,
    reason,
    image,
    "repair or remove the picture, or leave out --strict to skip it",
  );

const nothingUsable = (folder: { file(name: string): string }) =>
  new CliError(
    EXIT.input,
    "not one of the pictures could be read",
    folder.file("skipped.jsonl"),
    "see the reasons there",
  );

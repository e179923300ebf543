import type { AdapterReport } from "@fiedler/gpu";
import { batches, type BatchItem } from "./batches.ts";
import type { Disk } from "./disk.ts";
import type { Engine, OpenEngine, SkipRecord } from "./engine.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import { finishRun } from "./finish.ts";
import type { Output } from "./output.ts";
import { pictureSizes, plannedPictures } from "./picture_sizes.ts";
import { engineSettings, type Plan, reportedOptions, weightsOf } from "./plan.ts";
import type { PictureDesk } from "./pool.ts";
import { Progress } from "./progress.ts";
import { SturdyEngine } from "./recovery.ts";
import type { RunFile, Session } from "./run_file.ts";
import { type Done, RunFolder } from "./run_folder.ts";
import { stageTimes } from "./stage_times.ts";
import { Stopwatch } from "./stopwatch.ts";
import { checkStop, type StopSignal } from "./stop.ts";
import { alreadyFinished, summarise, welcome } from "./summary.ts";
import { VERSION } from "./version.ts";
import { writePicture } from "./write_picture.ts";

/** What a run needs of the world; tests put stand-ins here. */
export interface World {
  readonly out: Output;
  readonly disk: Disk;
  readonly openEngine: OpenEngine;
  readonly openDesk: () => PictureDesk;
  readonly stop: StopSignal;
}

/**
 * Runs `pipeline` or `propose`: pictures in, run folder out. Resumes what an earlier process
 * left; results are the same bytes either way.
 */
export async function runProposals(plan: Plan, world: World): Promise<ExitCode> {
  const { out, disk } = world;
  const { identity, inputs, values } = plan;
  const { force } = values;
  using folder = await RunFolder.open(disk, plan.folder, {
    identity,
    pictures: inputs.pictures,
    force,
  });
  const done = await folder.repair();
  if (folder.earlier?.status === "finished") return alreadyFinished(out, plan, done);
  const run = new Run(plan, world, folder, done);
  return await run.execute();
}

/** Pictures that are read, computed and saved together. */
export const batchSize = (
  { batch }: { readonly batch: number },
  { software }: AdapterReport,
): number => batch || (software ? 2 : 16);

/** One process's work on a run folder. */
class Run {
  #watch = new Stopwatch();
  #startedAt = new Date().toISOString();
  #pictures = 0;

  constructor(
    private readonly plan: Plan,
    private readonly world: World,
    private readonly folder: RunFolder,
    private readonly done: Done,
  ) {}

  async execute(): Promise<ExitCode> {
    const { plan, folder, done, world: { out } } = this;
    const indices = plan.inputs.pictures.flatMap(({ image }, i) => done.images.has(image) ? [] : i);
    using sturdy = await SturdyEngine.open(() => this.#openEngine(indices), (error) => {
      out.note(`the GPU was lost, opening it again: ${error.message}`);
      return folder.log({ event: "gpu lost", message: error.message });
    });
    welcome(out, plan, sturdy.engine.adapter, done, this.#otherAdapter(sturdy.engine));
    if (!folder.earlier) await folder.saveInputs(plan.inputs.pictures);
    await folder.save(this.#runFile(sturdy.engine, "running", null));
    await folder.log({ event: "start", adapter: sturdy.engine.adapter.description });
    try {
      await this.#process(sturdy, indices);
      if (done.pictures === 0) throw nothingUsable(folder);
      await this.#finish(sturdy.engine);
    } catch (error) {
      const exit = error instanceof CliError ? error.exit : EXIT.bug;
      await this.#leave(sturdy.engine, exit).catch(() => {}); // the first error is the one to tell
      throw error;
    }
    summarise(out, plan, done, this.#watch.totalMs);
    return EXIT.ok;
  }

  #openEngine(indices: readonly number[]): Promise<Engine> {
    const { plan, plan: { inputs } } = this;
    const pictures = indices.map((index) => inputs.pictures[index]);
    return this.world.openEngine({
      ...engineSettings(plan),
      pictures: async (limits) => {
        const sizes = await pictureSizes(pictures.map(({ path }) => path));
        return plannedPictures(pictures.map(({ image }) => image), sizes, {
          ...limits,
          rule: plan.rule,
          maxPixels: plan.values["max-pixels"],
        });
      },
    });
  }

  async #process(sturdy: SturdyEngine, indices: readonly number[]): Promise<void> {
    if (indices.length === 0) return;
    const { plan, done, world: { out, stop } } = this;
    using desk = this.world.openDesk();
    const total = plan.inputs.pictures.length;
    const progress = new Progress(out, total, total - indices.length, () => performance.now());
    const size = batchSize(plan.values, sturdy.engine.adapter);
    const source = batches(
      indices,
      size,
      (index) => desk.prepare(this.#task(index, sturdy.engine)),
    );
    let waiting = performance.now();
    for await (const batch of source) {
      this.#watch.add("waiting for pictures", performance.now() - waiting);
      await this.#batch(batch, sturdy, desk);
      progress.advance(batch.length);
      this.#pictures += batch.length;
      checkStop(stop, `${plan.folder}, ${done.pictures + done.skipped} of ${total} pictures done`);
      waiting = performance.now();
    }
    progress.end();
  }

  #task(index: number, { patch, maxPatches }: Engine) {
    const { plan: { inputs, rule, values, command } } = this;
    const { path, image, id } = inputs.pictures[index];
    const report = command === "pipeline";
    return {
      kind: "prepare" as const,
      path,
      image,
      id,
      rule,
      patch,
      maxPatches,
      maxPixels: values["max-pixels"],
      thumbnail: report && index < values.gallery,
      overlay: report && values.overlays,
    };
  }

  async #batch(batch: readonly BatchItem[], sturdy: SturdyEngine, desk: PictureDesk) {
    const { plan, folder, done, world: { out } } = this;
    const skips: SkipRecord[] = [];
    const ready = batch.flatMap(({ index, prepared }) => {
      if (prepared.ok) return { index, ...prepared };
      const { image, id } = plan.inputs.pictures[index];
      skips.push({ image, id, code: prepared.code, reason: prepared.reason });
      return [];
    });
    for (const { image, reason } of skips) out.note(`skipped ${image}: ${reason}`);
    if (plan.values.strict && skips.length > 0) throw refused(skips[0]);
    const stages = plan.values["save-stages"] !== undefined;
    const pictures = ready.map(({ picture }) => picture);
    const results = await this.#watch.time(
      "compute",
      () => sturdy.run((engine) => engine.propose(pictures, { stages })),
    );
    await this.#watch.time("write", async () => {
      await allOf(ready.map((item, i) => writePicture(plan, folder, desk, item, results[i])));
      const records = ready.map(({ index }, i) => ({ index, record: results[i].record }));
      await folder.append(records, skips);
    });
    done.pictures += ready.length;
    done.skipped += skips.length;
    done.masks += results.reduce((sum, { record }) => sum + record.counts.kept, 0);
    for (const skip of skips) out.event({ event: "skip", ...skip });
    for (const { record } of results) {
      out.event({ event: "picture", image: record.image, masks: record.counts.kept });
    }
  }

  /** The report tells of the whole run, so run.json is complete before it, but not finished. */
  async #finish(engine: Engine): Promise<void> {
    const { folder, plan, world: { stop } } = this;
    await folder.save(this.#runFile(engine, "running", EXIT.ok));
    await finishRun(plan, folder, this.done, stop);
    await folder.log({ event: "end", exit: EXIT.ok });
    await folder.save(this.#runFile(engine, "finished", EXIT.ok));
  }

  async #leave(engine: Engine, exit: ExitCode): Promise<void> {
    await this.folder.save(this.#runFile(engine, "running", exit));
    await this.folder.log({ event: "end", exit });
  }

  #otherAdapter(engine: Engine): string | null {
    const before = this.folder.earlier?.sessions.at(-1)?.adapter.description;
    return before !== undefined && before !== engine.adapter.description ? before : null;
  }

  #runFile(engine: Engine, status: RunFile["status"], exit: ExitCode | null): RunFile {
    const { plan, folder: { earlier } } = this;
    const session: Session = {
      startedAt: this.#startedAt,
      endedAt: exit === null ? null : new Date().toISOString(),
      exit,
      adapter: engine.adapter,
      pictures: this.#pictures,
      wallMs: this.#watch.totalMs,
      stages: stageTimes(this.#watch.parts, engine.kernelTimes),
      kernels: engine.kernelTimes.map(({ stage, kernel, ms, calls }) => ({
        name: stage === "" ? kernel : `${stage}: ${kernel}`,
        ms,
        calls,
      })),
      peakGpuBytes: engine.peakBytes,
    };
    return {
      format: 1,
      version: VERSION,
      title: plan.folder.split(/[/\\]/).findLast((part) => part !== "") ?? plan.folder,
      command: plan.commandLine,
      status,
      identity: plan.identity,
      config: plan.values,
      options: reportedOptions(plan),
      weights: weightsOf(plan),
      inputs: {
        base: plan.inputs.base,
        pictures: plan.inputs.pictures.length,
        notPictures: plan.inputs.notPictures,
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

const nothingUsable = (folder: RunFolder) =>
  new CliError(
    EXIT.input,
    "not one of the pictures could be read",
    folder.file("skipped.jsonl"),
    "see the reasons there",
  );

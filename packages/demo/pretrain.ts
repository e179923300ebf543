import { DivergedError, type PretrainBatch } from "@fiedler/pretrain";
import { GpuLostError } from "@fiedler/gpu";
import { Clock } from "./clock.ts";
import type { Bench, Engine } from "./engine.ts";
import { MaeCourse } from "./mae_course.ts";
import { coursePlan, fittingBatch, scenePlan, trialBatch } from "./pretrain_plan.ts";
import type {
  PretrainingChanges,
  PretrainingOptions,
  PretrainingResult,
  PretrainingStep,
} from "./pretraining.ts";
import { SceneStream } from "./scene_stream.ts";
import type { Snapshots } from "./snapshots.ts";
import type { WorkQueue } from "./work_queue.ts";

/** Steps that are timed, behind a first one that compiles kernels. */
const TIMED = 3;
/** Milliseconds between readbacks: each costs some, and the page is told of steps after one. */
const REPORT_MS = 200;
/** Most steps between readbacks. */
const MOST_UNREAD = 16;
/** Steps whose mean loss a snapshot is said to have. */
const RECENT = 16;
/** Share of the last steps in what a step is thought to take. */
const NEWEST = 0.3;

/** What pretraining works with. */
export interface Nursery {
  readonly engine: Engine;
  /** Steps wait their turn, so that pictures can be looked at meanwhile. */
  readonly queue: WorkQueue;
  readonly snapshots: Snapshots;
  /** Of the worker that draws scenes. */
  readonly scenes: URL;
}

/** How pretraining tells of itself. */
export type PretrainTold = Required<
  Pick<PretrainingOptions, "signal" | "onProgress" | "onPhase">
>;

/** What is pretrained, and for how long. */
export type PretrainOrder =
  & Pick<PretrainingOptions, "ms" | "seed">
  & { readonly changes: PretrainingChanges };

/**
 * A masked autoencoder that learns from generated scenes for some time. Its encoder is kept now and
 * then, and after it ended for whatever reason.
 */
export class Pretraining {
  readonly #clock = new Clock();
  /** On the clock, when learning began. */
  #startMs = 0;
  /** What a step takes, with all that happens meanwhile. */
  #stepMs = 0;
  #losses: number[] = [];

  /** @throws {RangeError} for a time that is not positive. */
  constructor(
    private readonly nursery: Nursery,
    private readonly order: PretrainOrder,
    private readonly told: PretrainTold,
  ) {
    const { ms } = order;
    if (!(ms > 0 && ms < Infinity)) {
      throw new RangeError(`pretrain: ms must be a positive number, got ${ms}`);
    }
  }

  /** Stands still after the steps under way, or goes on. */
  pause(paused: boolean): void {
    this.#clock.pause(paused);
  }

  /**
   * All of it.
   *
   * @throws {RangeError} for sizes that do not fit each other.
   * @throws {DOMException} `AbortError`, or the signal's reason, before the first snapshot.
   */
  async run(): Promise<PretrainingResult> {
    const { order: { ms, seed, changes }, nursery: { snapshots, scenes: script } } = this;
    const { software } = await this.nursery.engine.adapter();
    const trial = trialBatch(software);
    const trialMs = await this.#measure(trial);
    const batch = fittingBatch(trial, trialMs);
    this.#stepMs = batch === trial ? trialMs : await this.#measure(batch);
    const steps = Math.max(1, Math.round(ms / this.#stepMs));
    const settings = coursePlan(changes, { batch, steps, seed });
    snapshots.clear();
    const course = new MaeCourse(settings);
    const scenes = new SceneStream(script, scenePlan(settings, this.#stepMs));
    try {
      return await this.#learn(course, scenes, batch);
    } finally {
      scenes[Symbol.dispose]();
      course.free();
    }
  }

  get #ms(): number {
    return this.#clock.ms - this.#startMs;
  }

  get #leftMs(): number {
    return Math.max(0, this.order.ms - this.#ms);
  }

  /** Milliseconds of a step of so many scenes; what they show makes no difference. */
  async #measure(batch: number): Promise<number> {
    const { order: { seed, changes }, told: { signal, onPhase } } = this;
    const settings = coursePlan({ ...changes, rate: 0 }, { batch, steps: 1 + TIMED, seed });
    const crop = new Uint8Array(3 * settings.crops[0].size ** 2);
    const crops = { crops: Array<Uint8Array>(batch).fill(crop), localCrops: [] };
    const course = new MaeCourse(settings);
    const time = async (bench: Bench, steps: number) => {
      const start = performance.now();
      await course.run(bench, Array(steps).fill(crops));
      return (performance.now() - start) / steps;
    };
    try {
      signal.throwIfAborted();
      onPhase("compiling the kernels of learning");
      await this.#work((bench) => time(bench, 1));
      signal.throwIfAborted();
      onPhase("measuring how long a step takes here");
      return await this.#work((bench) => time(bench, TIMED));
    } finally {
      course.free();
    }
  }

  async #learn(course: MaeCourse, scenes: SceneStream, batch: number): Promise<PretrainingResult> {
    const { signal, onPhase } = this.told;
    onPhase("drawing the first scenes");
    await scenes.ready();
    signal.throwIfAborted();
    let end: Pick<PretrainingResult, "ended" | "words"> = { ended: "time", words: "" };
    try {
      await this.#snapshot(course);
      this.#startMs = this.#clock.ms;
      this.#tell(batch, []);
      let over: boolean;
      do {
        const steps = await this.#advance(course, scenes);
        over = this.#leftMs === 0 || signal.aborted; // asked once: the last steps are kept and told
        if (over || this.nursery.snapshots.isDue(this.#ms)) await this.#snapshot(course);
        this.#tell(batch, steps);
      } while (!over);
      if (signal.aborted) end = { ended: "stopped", words: "" };
    } catch (error) {
      end = endOf(error);
    }
    return { steps: course.done, snapshots: this.nursery.snapshots.facts, ...end };
  }

  /** Some steps, unless a pause is ended by the signal. */
  async #advance(course: MaeCourse, scenes: SceneStream): Promise<PretrainingStep[]> {
    const { signal } = this.told;
    await this.#clock.running(signal);
    if (signal.aborted) return [];
    const start = this.#ms;
    const count = Math.floor(Math.min(REPORT_MS, this.#leftMs) / this.#stepMs);
    const batches: PretrainBatch[] = [];
    do batches.push(await scenes.next()); while (batches.length < Math.min(count, MOST_UNREAD));
    const reports = await this.#work((bench) => course.run(bench, batches));
    const ms = (this.#ms - start) / batches.length;
    this.#stepMs += NEWEST * (ms - this.#stepMs);
    course.steps = course.done + Math.ceil(this.#leftMs / this.#stepMs);
    this.#losses = [...this.#losses, ...reports.map(({ loss }) => loss)].slice(-RECENT);
    return reports.map(({ step, rate, loss }, i) => ({
      ...{ step, rate, loss },
      ms: start + (i + 1) * ms,
    }));
  }

  /** Keeps the encoder as it is, unless that was done. */
  async #snapshot(course: MaeCourse): Promise<void> {
    const { snapshots } = this.nursery;
    const file = await this.#work((bench) => course.snapshot(bench));
    const step = course.done;
    if (snapshots.facts.at(-1)?.step === step) return;
    const losses = this.#losses;
    const loss = losses.length === 0 ? null : losses.reduce((a, b) => a + b) / losses.length;
    snapshots.add({ step, loss, ms: step === 0 ? 0 : this.#ms }, file);
  }

  #tell(batch: number, steps: readonly PretrainingStep[]): void {
    const snapshots = this.nursery.snapshots.facts;
    this.told.onProgress({ steps, batch, leftMs: this.#leftMs, snapshots });
  }

  /** Does some work on the device when its turn comes. */
  #work<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
    const { queue, engine } = this.nursery;
    return queue.add("pretrain", () => engine.use(work));
  }
}

/** How an error ends a pretraining whose snapshots are kept; others are thrown. */
function endOf(error: unknown): Pick<PretrainingResult, "ended" | "words"> {
  if (error instanceof DivergedError) {
    return { ended: "diverged", words: `the loss of step ${error.step} is no number` };
  }
  if (error instanceof GpuLostError) return { ended: "lost", words: error.message };
  throw error;
}

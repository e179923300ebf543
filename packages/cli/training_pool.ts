import type { SegmenterConfig } from "@fiedler/segmenter";
import { makeSampler, type StepView, targetLevels, type TrainSettings } from "@fiedler/train";
import { CliError } from "./exit.ts";
import type { TrainingSet } from "./training_set.ts";
import type { StepTask, ViewTaskSettings } from "./training_views.ts";
import type { WorkerAnswer, WorkerOrder } from "./training_worker.ts";

/** The views of one step. */
export interface StepOfViews {
  readonly step: number;
  /** In the order in which the step takes them. */
  readonly views: readonly StepView[];
}

/** Options of {@linkcode openViews}. */
export interface OpenViewsOptions {
  /** The first step, from 0. */
  readonly from: number;
  /** Sides are padded to multiples of this: that of the network. */
  readonly multiple: number;
  /** Colour of the padding. Default that of {@linkcode stepViews}. */
  readonly fill?: readonly [red: number, green: number, blue: number];
  /** Default one less than the processor has threads, from 1 to 6. */
  readonly workers?: number;
  /** Decoded pictures that all workers together keep, in bytes. Default 512 MiB. */
  readonly cacheBytes?: number;
}

/**
 * The views of the steps of a training, from one step to the last, in order. Workers run a few steps
 * ahead. The bytes depend on set, settings and step alone: not on the number of workers, nor on the
 * step at which a process began.
 *
 * To be disposed of, which stops the workers; it happens by itself when a loop over it ends.
 *
 * @throws {CliError} exit 3, from the loop, when a picture cannot be read or is not what it was.
 */
export function openViews(
  set: TrainingSet,
  settings: Pick<TrainSettings, "steps" | "batch" | "seed" | "views">,
  config: Pick<SegmenterConfig, "heads" | "scaleRanges">,
  {
    from,
    multiple,
    fill,
    workers = Math.max(1, Math.min(6, navigator.hardwareConcurrency - 1)),
    cacheBytes = 2 ** 29,
  }: OpenViewsOptions,
): ViewStream {
  const { steps, batch, seed, views } = settings;
  const batchOf = makeSampler(set.pictures.map(({ size }) => size), { batch, seed });
  const taskOf = (step: number): StepTask => ({
    step,
    pictures: batchOf(step).map((index) => ({ index, picture: set.pictures[index] })),
  });
  const levels = targetLevels(config);
  return new ViewStream(taskOf, { from, steps, workers }, {
    ...{ seed, views, levels, multiple },
    ...(fill ? { fill } : {}),
    cacheBytes: cacheBytes / workers,
  });
}

/** Steps that each worker has been asked for: one at work, one so that it never waits. */
const ASKED = 2;

interface Slot {
  readonly worker: Worker;
  readonly asked: Map<number, (outcome: Outcome) => void>;
  /** What ended the worker; null while it is well. */
  failure: Error | null;
}

/** Never a rejected promise: what is asked ahead may fail before anyone waits for it. */
type Outcome = { readonly views: readonly StepView[] } | { readonly error: Error };

/** See {@linkcode openViews}. */
export class ViewStream implements AsyncIterable<StepOfViews>, Disposable {
  #slots: Slot[];
  #ahead: Promise<Outcome>[] = [];
  #closed = false;

  constructor(
    private readonly taskOf: (step: number) => StepTask,
    private readonly range: {
      readonly from: number;
      readonly steps: number;
      readonly workers: number;
    },
    settings: ViewTaskSettings,
  ) {
    this.#slots = Array.from({ length: range.workers }, () => startWorker(settings));
  }

  /** The steps, once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<StepOfViews, void> {
    const { from, steps, workers } = this.range;
    let asked = from;
    try {
      for (let step = from; step < steps; step++) {
        for (; asked < Math.min(steps, step + ASKED * workers); asked++) this.#ask(asked);
        const outcome = await this.#ahead.shift()!;
        if ("error" in outcome) throw outcome.error;
        yield { step, views: outcome.views };
      }
    } finally {
      this[Symbol.dispose]();
    }
  }

  /** Stops the workers; what they were doing is dropped. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const { worker, asked } of this.#slots) {
      worker.terminate();
      for (const settle of asked.values()) settle({ error: closed() });
    }
  }

  #ask(step: number): void {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#ahead.push(promise);
    const slot = this.#slots.reduce((a, b) => b.asked.size < a.asked.size ? b : a);
    const error = this.#closed ? closed() : slot.failure;
    if (error !== null) return resolve({ error });
    slot.asked.set(step, resolve);
    slot.worker.postMessage(this.taskOf(step) satisfies WorkerOrder);
  }
}

const closed = () => new Error("the views of a training were closed while a step was wanted");

function startWorker(settings: ViewTaskSettings): Slot {
  const worker = new Worker(new URL("./training_worker.ts", import.meta.url), { type: "module" });
  const slot: Slot = { worker, asked: new Map(), failure: null };
  const { asked } = slot;
  worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => {
    asked.get(data.step)!(outcomeOf(data));
    asked.delete(data.step);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const error = new Error(`a worker that makes views failed: ${event.message}`);
    slot.failure = error;
    for (const settle of asked.values()) settle({ error });
  };
  worker.postMessage({ settings } satisfies WorkerOrder);
  return slot;
}

function outcomeOf(answer: WorkerAnswer): Outcome {
  if ("views" in answer) return answer;
  if ("bug" in answer) return { error: new Error(`in a worker that makes views: ${answer.bug}`) };
  const { exit, what, where, advice } = answer.refused;
  return { error: new CliError(exit, what, where, advice) };
}

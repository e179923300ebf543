import { CliError } from "./exit.ts";
import type { StepAnswer, StepOrder } from "./step_worker.ts";

/** Steps that each worker has been asked for: one at work, one so that it never waits. */
const ASKED = 2;

/** Workers where nobody says how many: one less than the processor has threads, from 1 to 6. */
export const usualWorkers = (): number =>
  Math.max(1, Math.min(6, navigator.hardwareConcurrency - 1));

interface Slot {
  readonly worker: Worker;
  readonly asked: Map<number, (outcome: Outcome) => void>;
  /** What ended the worker; null while it is well. */
  failure: Error | null;
}

/** Never a rejected promise: what is asked ahead may fail before anyone waits for it. */
type Outcome = { readonly made: object } | { readonly error: Error };

/** What a stream needs to know. */
export interface StepStreamOptions {
  /** The worker's module, which calls `serveSteps`. */
  readonly worker: URL;
  /** What every worker is told first. */
  readonly settings: unknown;
  /** What a worker is told of a step. */
  readonly taskOf: (step: number) => unknown;
  /** What is made, for errors: `"views"`. */
  readonly what: string;
  /** The first step, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  readonly workers: number;
}

/**
 * What workers make for the steps of a training, in order, a few steps ahead. To be disposed of, which
 * stops the workers; it happens by itself when a loop over it ends.
 */
export class StepStream<Made extends object>
  implements AsyncIterable<{ readonly step: number } & Made>, Disposable {
  #slots: Slot[];
  #ahead: Promise<Outcome>[] = [];
  #closed = false;

  constructor(private readonly options: StepStreamOptions) {
    this.#slots = Array.from({ length: options.workers }, () => startWorker(options));
  }

  /** The steps, once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<{ readonly step: number } & Made, void> {
    const { from, to, workers } = this.options;
    let asked = from;
    try {
      for (let step = from; step < to; step++) {
        for (; asked < Math.min(to, step + ASKED * workers); asked++) this.#ask(asked);
        const outcome = await this.#ahead.shift()!;
        if ("error" in outcome) throw outcome.error;
        yield { step, ...outcome.made as Made }; // as its worker's module says
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
      for (const settle of asked.values()) settle({ error: this.#wasClosed() });
    }
  }

  #ask(step: number): void {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#ahead.push(promise);
    const slot = this.#slots.reduce((a, b) => b.asked.size < a.asked.size ? b : a);
    const error = this.#closed ? this.#wasClosed() : slot.failure;
    if (error !== null) return resolve({ error });
    slot.asked.set(step, resolve);
    slot.worker.postMessage({ step, task: this.options.taskOf(step) } satisfies StepOrder);
  }

  #wasClosed(): Error {
    return new Error(`the ${this.options.what} of a training were closed while a step was wanted`);
  }
}

function startWorker(
  { worker: url, settings, what }: Pick<StepStreamOptions, "worker" | "settings" | "what">,
): Slot {
  const worker = new Worker(url, { type: "module" });
  const slot: Slot = { worker, asked: new Map(), failure: null };
  const { asked } = slot;
  worker.onmessage = ({ data }: MessageEvent<StepAnswer>) => {
    asked.get(data.step)!(outcomeOf(data, what));
    asked.delete(data.step);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const error = new Error(`a worker that makes ${what} failed: ${event.message}`);
    slot.failure = error;
    for (const settle of asked.values()) settle({ error });
  };
  worker.postMessage({ settings } satisfies StepOrder);
  return slot;
}

function outcomeOf(answer: StepAnswer, what: string): Outcome {
  if ("made" in answer) return answer;
  if ("bug" in answer) return { error: new Error(`in a worker that makes ${what}: ${answer.bug}`) };
  const { exit, what: said, where, advice } = answer.refused;
  return { error: new CliError(exit, said, where, advice) };
}

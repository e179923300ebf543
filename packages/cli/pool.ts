import type { FitTask, FittedInput } from "./fit.ts";
import type { Readable } from "./picture_run.ts";
import type { DrawTask, Prepared, PrepareTask } from "./prepare.ts";

interface Job {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Reads pictures and draws overlays. */
export interface PictureDesk extends Disposable {
  /** Reads one picture. */
  prepare(task: PrepareTask): Promise<Prepared>;
  /** Reads one picture for a segmenter. */
  fit(task: FitTask): Promise<Readable<FittedInput>>;
  /** Draws one overlay. Returns a PNG. */
  draw(task: DrawTask): Promise<Uint8Array<ArrayBuffer>>;
}

/** A few workers that decode pictures and draw overlays while the GPU computes. */
export class PicturePool implements PictureDesk {
  #workers: { worker: Worker; load: number }[] = [];
  #jobs = new Map<number, Job>();
  #next = 0;

  constructor(size: number = Math.max(1, Math.min(6, navigator.hardwareConcurrency - 1))) {
    for (let i = 0; i < size; i++) this.#workers.push(this.#start());
  }

  prepare(task: PrepareTask): Promise<Prepared> {
    return this.#run(task) as Promise<Prepared>;
  }

  fit(task: FitTask): Promise<Readable<FittedInput>> {
    return this.#run(task) as Promise<Readable<FittedInput>>;
  }

  draw(task: DrawTask): Promise<Uint8Array<ArrayBuffer>> {
    return this.#run(task) as Promise<Uint8Array<ArrayBuffer>>;
  }

  /** Stops all workers; what they were doing is dropped. */
  [Symbol.dispose](): void {
    for (const { worker } of this.#workers) worker.terminate();
  }

  #start(): { worker: Worker; load: number } {
    const worker = new Worker(new URL("./picture_worker.ts", import.meta.url), { type: "module" });
    const slot = { worker, load: 0 };
    worker.onmessage = (
      { data }: MessageEvent<{ id: number; value?: unknown; error?: string }>,
    ) => {
      const job = this.#jobs.get(data.id)!;
      this.#jobs.delete(data.id);
      slot.load--;
      if (data.error === undefined) job.resolve(data.value);
      else job.reject(new Error(`in a picture worker: ${data.error}`));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      const error = new Error(`a picture worker failed: ${event.message}`);
      for (const job of this.#jobs.values()) job.reject(error);
    };
    return slot;
  }

  #run(task: PrepareTask | FitTask | DrawTask): Promise<unknown> {
    const id = this.#next++;
    const slot = this.#workers.reduce((a, b) => b.load < a.load ? b : a);
    slot.load++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#jobs.set(id, { resolve, reject });
    slot.worker.postMessage({ id, task });
    return promise;
  }
}

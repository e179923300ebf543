import type { PretrainBatch } from "@fiedler/pretrain";
import type { ScenePlan } from "./pretrain_plan.ts";
import type { SceneOrder } from "./scene_worker.ts";
import { trustedUrl } from "./trusted_url.ts";

/** Steps that are asked for ahead. */
const AHEAD = 4;

/** The crops of a course's steps, which a worker of its own makes a few steps ahead. */
export class SceneStream implements Disposable {
  readonly #worker: Worker;
  readonly #made: PretrainBatch[] = [];
  readonly #waiting: PromiseWithResolvers<PretrainBatch>[] = [];
  #failure: Error | null = null;

  /**
   * Starts the worker.
   *
   * @param script `scene_worker.ts`, or what was made of it.
   */
  constructor(script: URL, plan: ScenePlan) {
    this.#worker = new Worker(trustedUrl(script), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<PretrainBatch>) => this.#take(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const why = event.message || "its script did not load";
      this.#fail(new Error(`the worker that draws scenes failed: ${why}`));
    };
    this.#worker.postMessage({ plan } satisfies SceneOrder);
    for (let i = 0; i < AHEAD; i++) this.#ask();
  }

  /**
   * Those of the next step.
   *
   * @throws {Error} when the worker failed, or the stream was disposed of.
   */
  next(): Promise<PretrainBatch> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#ask();
    const batch = this.#made.shift();
    if (batch) return Promise.resolve(batch);
    const waiting = Promise.withResolvers<PretrainBatch>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  /** Waits for the first step's, before which the worker is loaded. */
  async ready(): Promise<void> {
    this.#made.unshift(await this.next());
  }

  /** Stops the worker. */
  [Symbol.dispose](): void {
    this.#fail(new TypeError("the worker that draws scenes was stopped"));
  }

  #ask(): void {
    this.#worker.postMessage("next" satisfies SceneOrder);
  }

  #take(batch: PretrainBatch): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve(batch);
    else this.#made.push(batch);
  }

  #fail(failure: Error): void {
    this.#failure ??= failure;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.splice(0)) reject(failure);
  }
}

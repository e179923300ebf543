import type { PictureRecord } from "@fiedler/pipeline";
import { revived } from "@fiedler/web";
import type { Asked, Request, Said } from "./messages.ts";
import type { PretrainingOptions, PretrainingResult } from "./pretraining.ts";
import type {
  AdapterFacts,
  GridPicture,
  ModelFacts,
  PictureFacts,
  Predicted,
  Shown,
  Studio,
  StudioNews,
  StudioOptions,
  StudioPlace,
  TrainingOptions,
  TrainingResult,
} from "./studio.ts";
import { trustedUrl } from "./trusted_url.ts";

/**
 * Starts the page's worker, which opens the device and finds the embedded models.
 *
 * @throws {NoAdapterError} where there is no WebGPU; the message says what to do.
 * @throws {TypeError} when the weights cannot be fetched.
 * @throws {Error} when the worker's script does not start.
 */
export async function openStudio(
  { worker: script, weights, segmenter, scenes, onNews = () => {} }: StudioPlace,
): Promise<Studio> {
  const worker = new Worker(trustedUrl(script), { type: "module" });
  const link = new WorkerLink(worker, onNews);
  const folder = weights.href.endsWith("/") ? weights.href : `${weights.href}/`;
  try {
    const { adapter, models } = await link.ask("start", {
      weights: folder,
      segmenter: segmenter?.href ?? null,
      scenes: scenes?.href ?? null,
    });
    return new WorkerStudio(link, adapter, models);
  } catch (error) {
    link.close();
    throw error;
  }
}

/** Who is told of a request on the way. */
type Listener = Partial<
  & Pick<TrainingOptions, "onStep" | "onPhase">
  & Pick<PretrainingOptions, "onProgress">
>;

/** Whom a reply is for. */
interface Waiting {
  readonly listener: Listener;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** Requests to the worker, and its replies. */
class WorkerLink {
  #next = 0;
  #failure: Error | null = null;
  readonly #waiting = new Map<number, Waiting>();

  constructor(
    private readonly worker: Worker,
    private readonly onNews: (news: StudioNews) => void,
  ) {
    worker.onmessage = ({ data }: MessageEvent<Said>) => this.#take(data);
    worker.onerror = (event) => {
      event.preventDefault();
      const why = event.message || "its script did not load";
      this.close(new Error(`the worker of the studio failed: ${why}`));
    };
  }

  /** Sends a request and waits for its result. */
  ask<K extends keyof Asked>(
    kind: K,
    what: Asked[K][0],
    { signal, ...listener }: Listener & { readonly signal?: AbortSignal } = {},
  ): Promise<Asked[K][1]> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#next++;
    const abort = () => this.worker.postMessage({ id, kind: "abort" } satisfies Request);
    const { promise, resolve, reject } = Promise.withResolvers<Asked[K][1]>();
    const result = promise.finally(() => signal?.removeEventListener("abort", abort));
    this.#waiting.set(id, {
      ...{ listener, reject },
      resolve: (value) => resolve(value as Asked[K][1]),
    });
    this.worker.postMessage({ ...what, id, kind });
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    return result;
  }

  /** Lets the worker free everything, unless it failed, and stops it. */
  async end(): Promise<void> {
    if (this.#failure) return;
    await this.ask("dispose", {});
    this.close();
  }

  /** Stops the worker; what waits for it fails. */
  close(failure: Error = new TypeError("the studio was disposed of")): void {
    this.#failure = failure;
    for (const { reject } of this.#waiting.values()) reject(failure);
    this.#waiting.clear();
    this.worker.terminate();
  }

  #take(said: Said): void {
    if ("news" in said) return this.onNews(said.news);
    const waiting = this.#waiting.get(said.id);
    if (!waiting) return;
    const { onStep, onPhase, onProgress } = waiting.listener;
    if ("step" in said) return onStep?.(said.step);
    if ("phase" in said) return onPhase?.(said.phase);
    if ("progress" in said) return onProgress?.(said.progress);
    this.#waiting.delete(said.id);
    if ("error" in said) waiting.reject(revived(said.error));
    else waiting.resolve(said.result);
  }
}

class WorkerStudio implements Studio {
  readonly #models: ModelFacts[];
  #end: Promise<void> | null = null;

  constructor(
    private readonly link: WorkerLink,
    readonly adapter: AdapterFacts,
    models: readonly ModelFacts[],
  ) {
    this.#models = [...models];
  }

  models(): readonly ModelFacts[] {
    return [...this.#models];
  }

  async addModel(file: Blob, name: string): Promise<ModelFacts> {
    const model = await this.link.ask("addModel", { file, name });
    this.#models.push(model);
    return model;
  }

  open(picture: Blob | ImageBitmap, name: string): Promise<PictureFacts> {
    return this.link.ask("open", { picture, name });
  }

  show(options: StudioOptions): Promise<Shown> {
    return this.link.ask("show", { options });
  }

  async train(
    pictures: readonly { readonly name: string; readonly file: Blob }[],
    options: StudioOptions,
    { steps, seed, ...told }: TrainingOptions,
  ): Promise<TrainingResult> {
    const what = { pictures, options, steps, seed };
    const { weights, ...result } = await this.link.ask("train", what, told);
    return { ...result, weights: new Blob([weights], { type: "application/octet-stream" }) };
  }

  predict(): Promise<Predicted> {
    return this.link.ask("predict", {});
  }

  pretrain(
    { ms, seed, changes = {}, ...told }: PretrainingOptions,
  ): Promise<PretrainingResult> {
    return this.link.ask("pretrain", { ms, seed, changes }, told);
  }

  async pausePretraining(paused: boolean): Promise<void> {
    await this.link.ask("pausePretraining", { paused });
  }

  snapshotColours(snapshot: number, options: StudioOptions): Promise<GridPicture> {
    return this.link.ask("snapshotColours", { snapshot, options });
  }

  snapshotMasks(snapshot: number, options: StudioOptions): Promise<PictureRecord> {
    return this.link.ask("snapshotMasks", { snapshot, options });
  }

  async snapshotFile(snapshot: number): Promise<Blob> {
    const file = await this.link.ask("snapshotFile", { snapshot });
    return new Blob([file], { type: "application/octet-stream" });
  }

  async loseDevice(): Promise<void> {
    await this.link.ask("loseDevice", {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end ??= this.link.end();
  }
}

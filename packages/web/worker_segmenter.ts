import { type Reply, type Request, revived } from "./messages.ts";
import { type PictureSource, readPicture } from "./picture.ts";
import type {
  Segmentation,
  Segmenter,
  SegmenterOptions,
  SegmentOptions,
  Step,
} from "./segmenter.ts";

type Asked = Request extends infer R ? R extends Request ? Omit<R, "id"> : never : never;

/** Whom a reply is for. */
interface Waiting {
  readonly onProgress?: (step: Step) => void;
  resolve(result: Segmentation | null): void;
  reject(error: unknown): void;
}

/** Packages for npm hold JavaScript. */
const EXTENSION = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** Opens a segmenter in a worker of its own. */
export async function startWorker(
  { signal, onProgress, device, worker: given, ...options }: SegmenterOptions,
  weights: Uint8Array,
): Promise<Segmenter> {
  if (device) throw new TypeError("createSegmenter: a device cannot be given to a worker");
  const worker = given instanceof Worker
    ? given
    : new Worker(new URL(`./worker.${EXTENSION}`, import.meta.url), { type: "module" });
  const segmenter = new WorkerSegmenter(worker);
  try {
    await segmenter.ask({ kind: "create", options: { ...options, weights } }, {
      signal,
      onProgress,
    });
    return segmenter;
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

class WorkerSegmenter implements Segmenter {
  #next = 0;
  #waiting = new Map<number, Waiting>();
  #end: Promise<void> | null = null;

  constructor(private readonly worker: Worker) {
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#take(data);
    worker.onerror = (event) => {
      event.preventDefault();
      const error = new Error(`the worker of the segmenter failed: ${event.message}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
  }

  async segment(
    image: PictureSource,
    { signal, onProgress, ...options }: SegmentOptions = {},
  ): Promise<Segmentation> {
    if (this.#end) throw new TypeError("segment: the segmenter was disposed of");
    signal?.throwIfAborted();
    // Files are decoded there; what only a page can read, here.
    const sent = image instanceof Blob ? image : await readPicture(image);
    const result = await this.ask({ kind: "segment", image: sent, options }, {
      signal,
      onProgress,
    });
    return result!;
  }

  dispose(): Promise<void> {
    return this.#end ??= this.ask({ kind: "dispose" }, {}).then(() => this.worker.terminate());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** Sends a request; an abort is passed on, and ends the wait at once. */
  ask(
    request: Asked,
    { signal, onProgress }: Pick<SegmentOptions, "signal" | "onProgress">,
  ): Promise<Segmentation | null> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.worker.postMessage({ id, kind: "abort" } satisfies Request);
        reject(signal!.reason);
      };
      const done = <T>(end: (value: T) => void) => (value: T) => {
        signal?.removeEventListener("abort", abort);
        end(value);
      };
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.set(id, { onProgress, resolve: done(resolve), reject: done(reject) });
      this.worker.postMessage({ ...request, id });
    });
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    if ("step" in reply) return waiting.onProgress?.(reply.step);
    this.#waiting.delete(reply.id);
    if ("error" in reply) waiting.reject(revived(reply.error));
    else waiting.resolve(reply.result);
  }
}

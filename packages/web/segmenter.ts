import { decodeRle, rankScore, rleFromString } from "@fiedler/coco";
import { Gpu, GpuLostError } from "@fiedler/gpu";
import { bytesSource, openTensorFile, prepareImage, type RgbImage, sha256Hex } from "@fiedler/io";
import { centredByDefault, type ModelHints, recognise } from "@fiedler/models";
import {
  type Extractor,
  makeProposer,
  type MaskRecord,
  type PictureRecord,
  PRACTICAL,
  type ProposalOptions,
  type Proposer,
} from "@fiedler/pipeline";
import { type PictureSource, readPicture } from "./picture.ts";
import { startWorker } from "./worker_segmenter.ts";

/** Weights of a feature extractor: a file's bytes, a `Blob`, or where to fetch it. */
export type WeightsSource = Uint8Array | ArrayBuffer | Blob | URL | string;

/** What is being done, for a progress bar. */
export interface Step {
  /** `lost`: the device was, and is opened again. */
  readonly stage: "weights" | "device" | "picture" | "masks" | "lost";
  /** In words, for people. */
  readonly words: string;
}

/** Options of {@linkcode createSegmenter}. */
export interface SegmenterOptions {
  /** The extractor: a checkpoint that `recognise` of `@fiedler/models` knows, such as mae-tiny. */
  readonly weights: WeightsSource;
  /** What the names in the file leave open. */
  readonly hints?: ModelHints;
  /**
   * Whether the keys of a grey picture are subtracted. Default: for those that come with Fiedler,
   * and those of its pretraining.
   */
  readonly centred?: boolean;
  /** A device of the page, which it keeps: it is never destroyed. Default: one of its own. */
  readonly device?: GPUDevice;
  /**
   * Works in a worker, so that the page stays free; on a device of its own. `true` starts the
   * module `worker` that lies beside this one. A bundler that moves modules, and a page that demands
   * Trusted Types, make it themselves:
   * `new Worker(new URL("@fiedler/web/worker", import.meta.url), { type: "module" })`, which ends
   * with the segmenter. Default `false`.
   */
  readonly worker?: boolean | Worker;
  /** Gives up when aborted. */
  readonly signal?: AbortSignal;
  /** Told before each step. */
  readonly onProgress?: (step: Step) => void;
}

/** Options of {@linkcode Segmenter.segment}; those of the proposal stage besides. */
export interface SegmentOptions extends Partial<ProposalOptions> {
  /** `native`, `short:N`, `long:N` or `fixed:HxW`. Default `short:256`: our choice. */
  readonly resize?: string;
  /** Gives up when aborted; what the GPU has begun it ends, and nobody waits for it. */
  readonly signal?: AbortSignal;
  /** Told before each step. */
  readonly onProgress?: (step: Step) => void;
}

/** An object that was found. */
export interface Instance {
  /** In (0, 1]: 1 / (1 + its rank before near copies were dropped). */
  readonly score: number;
  /** Around the mask: `[x, y, width, height]` in pixels of the picture. */
  readonly box: readonly [number, number, number, number];
  /** Pixels of the mask. */
  readonly area: number;
  /** COCO's compressed run lengths, at the size of the picture; see {@linkcode instanceMask}. */
  readonly segmentation: { readonly size: readonly [number, number]; readonly counts: string };
  /** Which clustering it comes from, and how it fared against each rule. */
  readonly provenance: MaskRecord;
}

/** What was found in a picture. */
export interface Segmentation {
  /** Columns of the picture. */
  readonly width: number;
  /** Rows of the picture. */
  readonly height: number;
  /** Best first. */
  readonly instances: readonly Instance[];
  /** All of it: eigenvalues, saliency, every mask that was dropped and why. */
  readonly record: PictureRecord;
}

/** Finds the objects in pictures, one picture after the other. */
export interface Segmenter extends AsyncDisposable {
  /**
   * Finds the objects in a picture.
   *
   * @throws {ImageError} when the picture cannot be read or is too small.
   * @throws {RangeError} for options that do not go together.
   * @throws {GpuLostError} when the page's device is lost, or one of its own twice in a row.
   * @throws {DOMException} `AbortError`, or the signal's reason.
   */
  segment(image: PictureSource, options?: SegmentOptions): Promise<Segmentation>;
  /** Frees everything on the GPU, once what was asked for is done; the page's device stays. */
  dispose(): Promise<void>;
}

/**
 * Opens a feature extractor for use in a page.
 *
 * @throws {NoAdapterError} where there is no WebGPU; the message says what to do.
 * @throws {FormatError} when the weights are no tensor file.
 * @throws {CheckpointError} when they hold no extractor that is known.
 * @throws {TypeError} when they cannot be fetched, and for a device beside `worker`.
 *
 * @example
 * ```ts
 * import { createSegmenter } from "@fiedler/web";
 * import assert from "node:assert/strict";
 *
 * const weights = await Deno.readFile("fixtures/weights/mae-tiny.safetensors");
 * await using segmenter = await createSegmenter({ weights });
 * const photo = new Blob([await Deno.readFile("fixtures/photos/coffee.png")]);
 * const { instances } = await segmenter.segment(photo, { resize: "short:64" });
 * assert.equal(instances[0].score, 1);
 * ```
 */
export async function createSegmenter(options: SegmenterOptions): Promise<Segmenter> {
  const { signal, onProgress = () => {}, weights } = options;
  signal?.throwIfAborted();
  onProgress({ stage: "weights", words: "reading the weights" });
  const bytes = await bytesOf(weights, signal);
  if (options.worker) return await startWorker(options, bytes);
  const file = { bytes, sha256: await sha256Hex(bytes) };
  onProgress({ stage: "device", words: "opening the GPU" });
  const engine = await openEngine(options, file);
  if (signal?.aborted) engine.gpu.close();
  signal?.throwIfAborted();
  return new PageSegmenter(options, file, engine);
}

/**
 * A mask as a byte a pixel.
 *
 * @returns `[height, width]` of the picture, 0 or 1.
 */
export function instanceMask({ segmentation }: Instance): Uint8Array {
  const { size: [height, width], counts } = segmentation;
  return decodeRle(rleFromString(counts), height, width);
}

/** Weights in memory: a lost device takes its copy with it. */
interface WeightsFile {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

interface Engine {
  readonly gpu: Gpu;
  readonly model: Extractor;
  /** Of the last options: sliders go through many. */
  last: { readonly key: string; readonly proposer: Proposer } | null;
}

async function openEngine(
  { device, hints, centred }: SegmenterOptions,
  { bytes, sha256 }: WeightsFile,
): Promise<Engine> {
  const weights = await openTensorFile(bytesSource(bytes));
  const found = recognise(weights, hints);
  const gpu = await (device ? Gpu.wrap(device) : Gpu.open());
  try {
    const model = {
      name: found.title,
      sha256,
      backbone: await found.load(gpu),
      centred: centred ?? centredByDefault(found),
    };
    return { gpu, model, last: null };
  } catch (error) {
    gpu.close();
    throw error;
  }
}

class PageSegmenter implements Segmenter {
  /** The last of what was asked for, which the next waits for. */
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(
    private readonly options: SegmenterOptions,
    private readonly file: WeightsFile,
    private engine: Engine,
  ) {}

  async segment(image: PictureSource, options: SegmentOptions = {}): Promise<Segmentation> {
    if (this.#disposed) throw new TypeError("segment: the segmenter was disposed of");
    const { signal } = options;
    signal?.throwIfAborted();
    const work = this.#last.then(() => this.#segment(image, options));
    this.#last = work.catch(() => {});
    return await (signal ? Promise.race([work, aborted(signal, work)]) : work);
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return await this.#last.then(() => {});
    this.#disposed = true;
    await (this.#last = this.#last.then(() => this.engine.gpu.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #segment(
    image: PictureSource,
    { resize = "short:256", signal, onProgress = () => {}, ...changes }: SegmentOptions,
  ): Promise<Segmentation> {
    signal?.throwIfAborted();
    onProgress({ stage: "picture", words: "reading the picture" });
    const picture = await readPicture(image);
    signal?.throwIfAborted();
    const options = { ...PRACTICAL, ...changes };
    const propose = () => {
      onProgress({ stage: "masks", words: "looking for objects" });
      return proposeFor(this.engine, picture, resize, options);
    };
    try {
      return await propose();
    } catch (error) {
      if (!(error instanceof GpuLostError) || this.options.device) throw error;
      onProgress({ stage: "lost", words: "the GPU was lost; opening it again" });
      this.engine.gpu.close();
      this.engine = await openEngine(this.options, this.file);
      signal?.throwIfAborted();
      return await propose();
    }
  }
}

async function proposeFor(
  engine: Engine,
  picture: RgbImage,
  resize: string,
  options: ProposalOptions,
): Promise<Segmentation> {
  const proposer = proposerOf(engine, options);
  const { image: pixels, plan } = prepareImage(picture, resize, proposer.patch);
  const { width, height } = picture;
  const [{ record }] = await proposer.propose([{
    ...{ image: "", id: 1, sha256: "", pixels },
    size: [height, width],
    resized: [plan.resized.height, plan.resized.width],
  }]);
  const kept = record.masks.filter(({ dropped }) => dropped === null);
  const instances = kept.toSorted((a, b) => a.rank! - b.rank!).map(instanceOf);
  return { width, height, instances, record };
}

function proposerOf(engine: Engine, options: ProposalOptions): Proposer {
  const { gpu, model, last } = engine;
  const key = JSON.stringify(options);
  if (last?.key === key) return last.proposer;
  const proposer = makeProposer(gpu, { model, saliencyModel: model, options });
  last?.proposer.forget();
  engine.last = { key, proposer };
  return proposer;
}

const instanceOf = (mask: MaskRecord): Instance => ({
  score: rankScore(mask.rank!),
  box: mask.bbox!,
  area: mask.areaPixels!,
  segmentation: mask.segmentation!,
  provenance: mask,
});

/** Rejects with the signal's reason; ends with the work, so that nothing hangs on the signal. */
function aborted(signal: AbortSignal, work: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => reject(signal.reason);
    signal.addEventListener("abort", give, { once: true });
    const end = () => signal.removeEventListener("abort", give);
    work.then(end, end);
  });
}

async function bytesOf(weights: WeightsSource, signal?: AbortSignal): Promise<Uint8Array> {
  if (weights instanceof Uint8Array) return weights;
  if (weights instanceof ArrayBuffer) return new Uint8Array(weights);
  if (weights instanceof Blob) return new Uint8Array(await weights.arrayBuffer());
  const response = await fetch(weights, { signal });
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  await response.body?.cancel();
  throw new TypeError(
    `createSegmenter: ${weights} answered ${response.status}; look whether the file is there`,
  );
}

import type { PictureRecord, ProposalOptions } from "@fiedler/pipeline";
import type { PretrainingOptions, PretrainingResult } from "./pretraining.ts";

export type * from "./pretraining.ts";

/**
 * What the page can ask of its worker. One picture is open at a time; everything that is shown of it
 * follows from the keys of its patches, which are computed once per picture, size and model.
 */
export interface Studio extends AsyncDisposable {
  /** What computes: for the page's footer. */
  readonly adapter: AdapterFacts;
  /** The extractors that can be chosen: the embedded ones first, then those that were dropped. */
  models(): readonly ModelFacts[];
  /**
   * Reads weights in place: safetensors, PyTorch, NumPy or ONNX, told by their content.
   *
   * @throws {FormatError} {CheckpointError} with words for the page.
   */
  addModel(file: Blob, name: string): Promise<ModelFacts>;
  /**
   * Opens a picture, and forgets the one before.
   *
   * @throws {ImageError} when it cannot be read or is too small.
   */
  open(picture: Blob | ImageBitmap, name: string): Promise<PictureFacts>;
  /**
   * Everything about the open picture under these options. What was computed before is not computed
   * again: a moved threshold selects among the masks that there are. A newer call overtakes an
   * older one that has not begun, which then rejects with an `AbortError`: sliders ask as often as
   * they like.
   */
  show(options: StudioOptions): Promise<Shown>;
  /**
   * Trains the tiny segmenter on pictures, from the masks that `options` find in them.
   *
   * Each step waits its turn, so that pictures can be looked at meanwhile. A lost device takes a
   * few steps with it, which are done and told again.
   *
   * @param signal stops it after the step under way; what it has learnt by then stays usable. Before
   * the first step it ends with an `AbortError`.
   * @throws {RangeError} when no mask is kept in any of the pictures.
   * @throws {TypeError} while there is another training.
   */
  train(
    pictures: readonly { readonly name: string; readonly file: Blob }[],
    options: StudioOptions,
    training: TrainingOptions,
  ): Promise<TrainingResult>;
  /** Objects in the open picture by the segmenter that `train` made last. */
  predict(): Promise<Predicted>;
  /**
   * Pretrains a masked autoencoder of the embedded model's kind on generated scenes, from random
   * numbers, for some time. Scenes are drawn by a worker of their own, and steps wait their turn, so
   * that pictures can be looked at meanwhile. Encoders are kept on the way, at most some two dozen;
   * they stay until the next pretraining begins, even when this one fails.
   *
   * @param options its signal stops it after the steps under way; while it prepares, with an
   * `AbortError`.
   * @throws {RangeError} for a time that is not positive, or sizes that do not fit each other.
   * @throws {TypeError} while there is another one, or without {@linkcode StudioPlace.scenes}.
   */
  pretrain(options: PretrainingOptions): Promise<PretrainingResult>;
  /** Lets the pretraining stand still after the steps under way, or go on; its time stands still, too. */
  pausePretraining(paused: boolean): Promise<void>;
  /**
   * The keys of the open picture by a snapshot, less those of a grey picture, as
   * {@linkcode Shown.features}. A newer call overtakes an older one that has not begun.
   *
   * @param options whose models are not used.
   * @throws {RangeError} when the snapshot is not kept any more.
   */
  snapshotColours(snapshot: number, options: StudioOptions): Promise<GridPicture>;
  /** The masks of the open picture by a snapshot in place of the models, under the same conditions. */
  snapshotMasks(snapshot: number, options: StudioOptions): Promise<PictureRecord>;
  /** A snapshot as a file that {@linkcode Studio.addModel} and the command line's `--model` take. */
  snapshotFile(snapshot: number): Promise<Blob>;
  /** Destroys the device under the worker, as a driver that fails does: to be seen going on. */
  loseDevice(): Promise<void>;
}

/** What computes. */
export interface AdapterFacts {
  /** As WebGPU says: "nvidia". */
  readonly vendor: string;
  /** As WebGPU says: "hopper". */
  readonly architecture: string;
  /** As WebGPU says; often empty in browsers. */
  readonly description: string;
  /** Whether it is a program on the CPU. */
  readonly software: boolean;
}

/** An extractor that can be chosen. */
export interface ModelFacts {
  /** Names it in {@linkcode StudioOptions}. */
  readonly id: string;
  /** For people: "MAE tiny", a file's name. */
  readonly title: string;
  /** Where it comes from and what it is, in a sentence. */
  readonly about: string;
  /** Side of a patch, in pixels. */
  readonly patch: number;
}

/** The open picture. */
export interface PictureFacts {
  /** Of its file. */
  readonly name: string;
  /** Columns of pixels, after EXIF orientation. */
  readonly width: number;
  /** Rows of pixels. */
  readonly height: number;
}

/** What the sliders set. */
export interface StudioOptions {
  /** `id` of the extractor whose keys are clustered. */
  readonly model: string;
  /** `id` of the extractor whose two-way cut says what is salient; null for no saliency. */
  readonly saliencyModel: string | null;
  /** Shorter side the picture is resized to, in pixels. */
  readonly shortSide: number;
  /** Of the proposal stage. */
  readonly proposals: ProposalOptions;
}

/** Everything there is to see of a picture under some options. */
export interface Shown {
  /** All masks, kept or dropped and why, eigenvalues, saliency. */
  readonly record: PictureRecord;
  /**
   * First three principal components of the keys as RGB, `[rows, columns, 3]`: 128 is the mean, 0
   * and 255 are 2.5 standard deviations away, or more. Of each axis the largest entry is positive.
   */
  readonly features: GridPicture;
  /** Eigenvectors 2, 3, …, `[rows, columns]`: 128 is zero, largest magnitude 255. */
  readonly eigenvectors: readonly GridPicture[];
  /** The same of the saliency model; empty without one. */
  readonly saliencyEigenvectors: readonly GridPicture[];
  /** Cluster of each patch for each k, `[rows, columns]`. */
  readonly clusters: readonly { readonly k: number; readonly labels: GridPicture }[];
  /** 1 where the saliency mask is, `[rows, columns]`; null without one. */
  readonly saliency: GridPicture | null;
  /** What was computed again and how long each part took, in order. */
  readonly times: readonly { readonly part: string; readonly ms: number }[];
}

/** Bytes on the grid of patches, row-major. */
export interface GridPicture {
  /** Of patches. */
  readonly rows: number;
  /** Of patches. */
  readonly columns: number;
  /** `[rows, columns]`, or as said where it is used. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** How to train in the page. */
export interface TrainingOptions {
  /** Updates of the parameters. */
  readonly steps: number;
  /** Of everything that is drawn. */
  readonly seed: number;
  /** Stops after the step under way. */
  readonly signal?: AbortSignal;
  /** Told after each step. */
  readonly onStep: (step: TrainingStep) => void;
  /** Told what goes on before the first step: masks are found, the segmenter is made. */
  readonly onPhase?: (words: string) => void;
}

/** One step of training. */
export interface TrainingStep {
  /** From 1 on. */
  readonly step: number;
  /** Of the whole training. */
  readonly steps: number;
  /** What is minimised. */
  readonly loss: number;
  /** Its parts by name: null where there was nothing to hold it against. */
  readonly terms: Readonly<Record<string, number | null>>;
  /** It took. */
  readonly ms: number;
}

/** What training came to. */
export interface TrainingResult {
  /** Done; fewer than asked for when it was stopped. */
  readonly steps: number;
  /** Masks it learnt from. */
  readonly masks: number;
  /** Pictures it learnt from: those without a mask teach nothing. */
  readonly pictures: number;
  /** A segmenter's file, as the command line's `predict --weights` reads it. */
  readonly weights: Blob;
}

/** What the trained segmenter finds in the open picture, best first. */
export interface Predicted {
  /** Best first. */
  readonly objects: readonly {
    /** In [0, 1]. */
    readonly score: number;
    /** COCO's compressed run lengths at the picture's size. */
    readonly segmentation: { readonly size: readonly [number, number]; readonly counts: string };
    /** `[x, y, width, height]` in pixels. */
    readonly bbox: readonly [number, number, number, number];
    /** Of the mask. */
    readonly areaPixels: number;
  }[];
  /** It took. */
  readonly ms: number;
}

/** What is told without being asked. */
export type StudioNews =
  | { readonly kind: "lost"; readonly words: string }
  | { readonly kind: "recovered" }
  | { readonly kind: "progress"; readonly words: string };

/** Where the parts of the studio are found. */
export interface StudioPlace {
  /** The worker's script. */
  readonly worker: URL;
  /** Folder of the embedded weights: `mae-tiny.safetensors`, `dino-tiny.safetensors`. */
  readonly weights: URL;
  /**
   * A segmenter that training goes on from, `segmenters/scenes-tiny.safetensors`: some tens of steps
   * teach little to a new one. Default: training starts from new weights.
   */
  readonly segmenter?: URL;
  /** Script of the worker that draws scenes. Default: there is no pretraining. */
  readonly scenes?: URL;
  /** Told what is not asked for. */
  readonly onNews?: (news: StudioNews) => void;
}

import type { PictureRecord } from "@fiedler/pipeline";
import type { PlainError } from "@fiedler/web";
import type { PretrainOrder } from "./pretrain.ts";
import type { PretrainingProgress, PretrainingResult } from "./pretraining.ts";
import type {
  AdapterFacts,
  GridPicture,
  ModelFacts,
  PictureFacts,
  Predicted,
  Shown,
  StudioNews,
  StudioOptions,
  TrainingStep,
} from "./studio.ts";

/** A picture to learn from. */
export interface TrainingFile {
  /** Of the file. */
  readonly name: string;
  /** JPEG, PNG, or what else the browser reads. */
  readonly file: Blob;
}

/** What a training came to, as it travels. */
export interface TrainedFile {
  readonly steps: number;
  readonly masks: number;
  readonly pictures: number;
  /** Bytes of the segmenter's file. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

/** A snapshot of the pretraining, and how the open picture is looked at with it. */
export interface SnapshotLook {
  readonly snapshot: number;
  readonly options: StudioOptions;
}

/** What the page asks for, by name, and what it gets. */
export interface Asked {
  /** The first: opens the device and finds the embedded models. */
  start: [
    {
      readonly weights: string;
      readonly segmenter: string | null;
      readonly scenes: string | null;
    },
    { readonly adapter: AdapterFacts; readonly models: readonly ModelFacts[] },
  ];
  addModel: [{ readonly file: Blob; readonly name: string }, ModelFacts];
  open: [{ readonly picture: Blob | ImageBitmap; readonly name: string }, PictureFacts];
  show: [{ readonly options: StudioOptions }, Shown];
  train: [
    {
      readonly pictures: readonly TrainingFile[];
      readonly options: StudioOptions;
      readonly steps: number;
      readonly seed: number;
    },
    TrainedFile,
  ];
  predict: [Record<never, never>, Predicted];
  pretrain: [PretrainOrder, PretrainingResult];
  pausePretraining: [{ readonly paused: boolean }, null];
  snapshotColours: [SnapshotLook, GridPicture];
  snapshotMasks: [SnapshotLook, PictureRecord];
  snapshotFile: [{ readonly snapshot: number }, Uint8Array<ArrayBuffer>];
  loseDevice: [Record<never, never>, null];
  /** Of the request of this id; has no answer of its own. */
  abort: [Record<never, never>, null];
  dispose: [Record<never, never>, null];
}

/** A request as it travels. */
export type Request = {
  [K in keyof Asked]: { readonly id: number; readonly kind: K } & Asked[K][0];
}[keyof Asked];

/** What the worker says: news, or something about a request, of which the last ends it. */
export type Said =
  | { readonly news: StudioNews }
  | { readonly id: number; readonly step: TrainingStep }
  | { readonly id: number; readonly phase: string }
  | { readonly id: number; readonly progress: PretrainingProgress }
  | { readonly id: number; readonly result: Asked[keyof Asked][1] }
  | { readonly id: number; readonly error: PlainError };

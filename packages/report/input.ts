import type { PanelRecord, PictureRecord, SkipRecord } from "@fiedler/pipeline";
import type { GainSummary, PredictionSummary, TrainingSummary } from "./training_input.ts";

/** What the run as a whole says of itself. */
export interface RunSummary {
  /** Name of the run, shown as the title of the page. */
  readonly title: string;
  /** The command line that made the run. */
  readonly command: string;
  /** ISO 8601 date and time; shown as it stands. */
  readonly startedAt: string;
  /** Version of Fiedler. */
  readonly version: string;
  /** The graphics adapter that computed. */
  readonly adapter: {
    readonly description: string;
    readonly vendor: string;
    readonly architecture: string;
    /** True when it runs on the CPU: the report then says that times are not those of a GPU. */
    readonly software: boolean;
  };
  /** What is known of the models behind the names in the records; may be empty. */
  readonly weights: readonly {
    readonly name: string;
    /** Method, network and encoder, in words. */
    readonly title: string;
    /** Terms of published weights; null for others. */
    readonly terms: string | null;
  }[];
  /** Every option in effect, with its source: a section of the paper, or "our choice". */
  readonly options: readonly {
    readonly name: string;
    readonly value: string | number | boolean | null | readonly (string | number)[];
    readonly source: string | null;
  }[];
  /** Milliseconds from start to end. */
  readonly wallMs: number;
  /** Time of each stage, in the order they ran. */
  readonly stages: readonly { readonly name: string; readonly ms: number }[];
  /** GPU time of each kernel over all its calls; empty when the adapter has no timestamps. */
  readonly kernels: readonly {
    readonly name: string;
    readonly ms: number;
    readonly calls: number;
  }[];
  /** Most GPU memory held at once, in bytes; null when not measured. */
  readonly peakGpuBytes: number | null;
  /** Files that the run wrote, relative to the report, and what each is. */
  readonly outputs: readonly { readonly path: string; readonly what: string }[];
}

/** One picture of the run, with the grids to draw it by where the run kept them. */
export interface ReportPicture {
  /** Numbers and masks. */
  readonly record: PictureRecord;
  /** Thumbnail and grids; without them a gallery card shows only the masks. */
  readonly panel: PanelRecord | null;
}

/** Input of {@linkcode renderReport}. */
export interface ReportInput {
  /** The run as a whole. */
  readonly run: RunSummary;
  /** Every picture of the run, in any order; read once. */
  readonly pictures: AsyncIterable<ReportPicture>;
  /** Every picture that was not processed. */
  readonly skipped: readonly SkipRecord[];
  /** How many pictures, from the first, get a card. The others count in the numbers only. */
  readonly galleryLimit: number;
  /** How a segmenter was trained on the masks, in a run that trains one. */
  readonly training?: TrainingSummary;
  /** What it found in the pictures. */
  readonly prediction?: PredictionSummary;
  /** How it compares with the proposals on pictures that were kept aside. */
  readonly gain?: GainSummary;
}

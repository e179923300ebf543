import type { AdapterReport } from "@fiedler/gpu";
import type { SegmenterConfig } from "@fiedler/segmenter";
import type { TrainSettings } from "@fiedler/train";
import type { Identity } from "./identity.ts";
import type { RunFile } from "./run_file.ts";

/** One process's work on a training. */
export interface TrainSession {
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly exit: number | null;
  readonly adapter: AdapterReport;
  /** Updates that it made, those that a lost GPU took back among them. */
  readonly steps: number;
  readonly wallMs: number;
  readonly parts: readonly { readonly name: string; readonly ms: number }[];
  readonly peakGpuBytes: number;
}

/** `train.json`: what the training is and how it went. The only result file with times in it. */
export interface TrainFile {
  readonly format: 1;
  readonly version: string;
  readonly title: string;
  readonly command: string;
  readonly status: "running" | "finished";
  /** What must be equal for a later session to go on. */
  readonly identity: Identity;
  /** Every flag's value. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The settings in effect, each with its source. */
  readonly options: RunFile["options"];
  readonly backbone: NonNullable<RunFile["weights"]>[number];
  readonly segmenter: SegmenterConfig;
  readonly training: TrainSettings;
  /** What it learns from. */
  readonly source: {
    readonly path: string;
    readonly pictures: number;
    readonly instances: number;
    readonly sha256: string;
  };
  readonly sessions: readonly TrainSession[];
}

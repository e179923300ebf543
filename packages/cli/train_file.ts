import type { AdapterReport } from "@fiedler/gpu";
import type { SegmenterConfig } from "@fiedler/segmenter";
import type { TrainSettings } from "@fiedler/train";
import type { Identity } from "./identity.ts";
import type { RunFile } from "./run_file.ts";
import { basename } from "./paths.ts";
import type { TrainPlan } from "./train_plan.ts";
import { reportedSettings } from "./train_settings.ts";
import type { TrainingSummary } from "./training_set.ts";
import type { TuningRecord } from "./tune_first_use.ts";
import { VERSION } from "./version.ts";

/** One process's work on a training. */
export interface TrainSession {
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly exit: number | null;
  readonly adapter: AdapterReport;
  /** The forms that kernels took because they were faster; null for the defaults. */
  readonly tuning?: TuningRecord | null;
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
  /** Of each round. */
  readonly training: TrainSettings;
  readonly rounds: number;
  /** What it learns from. */
  readonly source: {
    readonly path: string;
    readonly sha256: string;
    readonly summary: TrainingSummary;
  };
  readonly sessions: readonly TrainSession[];
}

/** `train.json` of a plan. */
export function trainFile(
  plan: TrainPlan,
  status: TrainFile["status"],
  sessions: readonly TrainSession[],
): TrainFile {
  const { identity, values, backbone: { name, title, sha256, terms, notes }, data } = plan;
  return {
    format: 1,
    version: VERSION,
    title: basename(plan.folder),
    command: plan.commandLine,
    status,
    identity,
    config: values,
    options: reportedSettings(identity, plan.preset),
    backbone: { name, title, sha256, terms, notes },
    segmenter: plan.segmenter,
    training: plan.training,
    rounds: plan.rounds,
    source: { path: plan.source, sha256: data.digest, summary: data.summary },
    sessions,
  };
}

/** Seconds over all sessions. */
export const secondsOf = ({ sessions }: Pick<TrainFile, "sessions">): number =>
  sessions.reduce((sum, { wallMs }) => sum + wallMs / 1000, 0);

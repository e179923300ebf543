import type { Identity } from "./identity.ts";
import { basename } from "./paths.ts";
import type { PretrainPlan } from "./pretrain_plan.ts";
import { reportedSettings } from "./pretrain_settings.ts";
import type { RunFile } from "./run_file.ts";
import type { TrainSession } from "./train_file.ts";
import { VERSION } from "./version.ts";

/** `pretrain.json`: what the pretraining is and how it went. The only result file with times in it. */
export interface PretrainFile {
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
  /** What it learns from, in words. */
  readonly source: string;
  readonly sessions: readonly TrainSession[];
}

/** `pretrain.json` of a plan. */
export const pretrainFile = (
  { identity, values, folder, commandLine, source }: PretrainPlan,
  status: PretrainFile["status"],
  sessions: readonly TrainSession[],
): PretrainFile => ({
  format: 1,
  version: VERSION,
  title: basename(folder),
  command: commandLine,
  status,
  identity,
  config: values,
  options: reportedSettings(identity),
  source: source.words,
  sessions,
});

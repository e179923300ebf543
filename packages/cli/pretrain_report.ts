import type { PretrainReport } from "@fiedler/pretrain";
import { type PretrainingStep, renderPretraining } from "@fiedler/report";
import { readMetrics } from "./metrics_file.ts";
import { join } from "./paths.ts";
import type { PretrainFile } from "./pretrain_file.ts";
import { readSkips } from "./run_folder.ts";
import { secondsOf } from "./train_file.ts";
import type { TrainFolder } from "./train_folder.ts";

/** A line of `metrics.jsonl`. */
export type PretrainLine = PretrainingStep;

/** The numbers of a line, in the order in which they are written. */
export const METRIC_NAMES: readonly (keyof PretrainLine)[] = [
  "step",
  "rate",
  "loss",
  "teacherEntropy",
  "meanEntropy",
  "gradientNorm",
];

/** What is kept of a step. */
export const metricsLine = (
  { step, rate, loss, gradientNorm, monitors }: PretrainReport,
): PretrainLine => ({
  ...{ step, rate, loss },
  teacherEntropy: monitors.teacherEntropy ?? null,
  meanEntropy: monitors.meanEntropy ?? null,
  gradientNorm,
});

/** Writes `report.html`: the curves, and all settings. */
export async function writePretrainReport(
  folder: TrainFolder<PretrainFile>,
  file: PretrainFile,
): Promise<void> {
  const { title, command, version, options, identity, sessions } = file;
  const { length: skipped } = await readSkips(folder.path);
  const source = file.source + (skipped > 0 ? ` (${skipped} skipped, see skipped.jsonl)` : "");
  const number = (name: string) => Number(identity[name]);
  const page = renderPretraining({
    ...{ title, command, version, source },
    objective: identity.objective === "mae" ? "mae" : "dino",
    encoder: { dim: number("dim"), depth: number("depth"), patch: number("patch") },
    steps: number("steps"),
    batch: number("batch"),
    prototypes: identity.objective === "mae" ? null : number("prototypes"),
    seconds: secondsOf(file),
    adapter: sessions[sessions.length - 1].adapter,
    settings: options,
    metrics: await readMetrics<PretrainLine>(join(folder.path, "metrics.jsonl")),
  });
  await folder.disk.writeWhole(folder.file("report.html"), page);
}

/** What a pretraining says when it begins, fails and ends. */
import type { AdapterReport, GpuLostError, GpuMemoryError } from "@fiedler/gpu";
import type { DivergedError, PretrainSettings } from "@fiedler/pretrain";
import { CliError, EXIT } from "./exit.ts";
import { readMetrics } from "./metrics_file.ts";
import type { Output } from "./output.ts";
import { join } from "./paths.ts";
import { commandLine } from "./plan.ts";
import type { PretrainPlan } from "./pretrain_plan.ts";
import type { PretrainLine } from "./pretrain_report.ts";
import type { PretrainResult } from "./pretrain_run.ts";
import { seconds } from "./progress.ts";
import { readSkips } from "./run_folder.ts";
import { adapterLine, plural } from "./summary.ts";
import { secondsOf } from "./train_file.ts";
import { lossEnds } from "./train_words.ts";

/** `masked autoencoding, a ViT of 4 blocks of 128, patch 8`. */
export function networkWords({ kind, model: { encoder } }: PretrainSettings): string {
  const way = kind === "mae" ? "masked autoencoding" : "self-distillation";
  const { depth, dim, patch } = encoder;
  return `${way}, a ViT of ${plural(depth, "block")} of ${dim}, patch ${patch}`;
}

/** Says what is about to happen. */
export function pretrainingWelcome(
  out: Output,
  { source, settings, folder, start }: PretrainPlan,
  adapter: AdapterReport,
  { step, otherAdapter }: { readonly step: number; readonly otherAdapter: string | null },
): void {
  const { steps, batch } = settings;
  const { description, software } = adapter;
  out.event({
    ...{ event: "start", folder, objective: settings.kind, pictures: source.count, steps },
    ...{ done: step, adapter: description, software },
  });
  out.note(`GPU       ${adapterLine(adapter)}`);
  out.note(`pictures  ${source.words}`);
  out.note(`training  ${networkWords(settings)}: ${plural(steps, "step")} of ${batch}`);
  if (start) out.note(`start     ${start.weights.name}: ${start.weights.title}`);
  out.note(`into      ${folder}`);
  if (step > 0) out.note(`resuming  ${step} of ${steps} steps are done`);
  if (otherAdapter === null) return;
  out.note(`note      the earlier part ran on another adapter (${otherAdapter}): weights may`);
  out.note("          differ in the last digits from those of one adapter alone");
}

/** A loss or gradient that is not finite, and what is left. */
export const diverged = (
  error: DivergedError,
  folder: string,
  checkpoint: string | undefined,
): CliError =>
  new CliError(
    EXIT.input,
    `pretraining stopped at step ${error.step}: its loss or gradient is not finite`,
    `${folder}: ` +
      (checkpoint ? `the last good checkpoint is ${checkpoint}` : "no checkpoint was made yet"),
    "lower --rate or --clip, or raise --warm-up, with another --name",
    { cause: error },
  );

/** A step that took more memory than there is. */
export const outOfMemory = (error: GpuMemoryError, folder: string): CliError =>
  new CliError(
    EXIT.memory,
    "not enough GPU memory for a step",
    `${folder}: ${error.message}`,
    "say how much there is (--memory 4G), or take fewer pictures a step (--batch) or smaller " +
      "crops (--crop), with another --name",
    { cause: error },
  );

/** A device that does not live from one checkpoint to the next. */
export const lostAgain = (error: GpuLostError, folder: string): CliError =>
  new CliError(
    EXIT.gpu,
    "the GPU was lost again before the next checkpoint",
    `${folder}: ${error.message}`,
    "update its driver, or take fewer pictures a step (--batch), then run the same command " +
      "again; all checkpoints are intact",
    { cause: error },
  );

/** Says what came of it, and what to type next. */
export async function pretrainingDone(
  out: Output,
  plan: PretrainPlan,
  { folder, encoder, report, already, file }: PretrainResult,
): Promise<void> {
  const metrics = await readMetrics<PretrainLine>(join(folder, "metrics.jsonl"));
  const loss = lossEnds(metrics.map(({ loss: total }) => ({ total })));
  const { steps, batch } = plan.settings;
  const taken = secondsOf(file);
  const { length: skipped } = await readSkips(folder);
  out.event({
    ...{ event: already ? "finished" : "end", folder, encoder, report, steps, loss },
    ...{ skipped, seconds: taken },
  });
  const lines = [
    (already ? "finished already: " : "") +
    `${plural(steps, "step")} of ${plural(batch, "picture")}, ${seconds(taken)}`,
    ...loss
      ? [`loss ${loss.first.toPrecision(3)} at first, ${loss.last.toPrecision(3)} at last`]
      : [],
    ...skipped > 0
      ? [`${plural(skipped, "picture")} skipped, see ${join(folder, "skipped.jsonl")}`]
      : [],
    `encoder  ${encoder}`,
    `report   ${report}`,
    ...already ? ["(--force starts anew)"] : [],
    `next: ${commandLine(["propose", "PHOTOS", "--model", encoder])}`,
  ];
  out.print(lines.join("\n"));
}

/** What a training says when it begins, fails and ends. */
import type { AdapterReport, GpuMemoryError } from "@fiedler/gpu";
import type { NotFiniteError } from "@fiedler/train";
import { CliError, EXIT } from "./exit.ts";
import { readMetrics } from "./metrics_file.ts";
import type { Output } from "./output.ts";
import { join } from "./paths.ts";
import { commandLine } from "./plan.ts";
import { aboutModel, adapterLine, plural } from "./summary.ts";
import { secondsOf } from "./train_file.ts";
import type { TrainPlan } from "./train_plan.ts";
import { droppedPictures } from "./train_report.ts";
import type { TrainingResult } from "./train_run.ts";
import { lossEnds, trainingEnd } from "./train_words.ts";
import { leftOutText, type TrainingSet } from "./training_set.ts";

/** Says what is about to happen. */
export function trainingWelcome(
  out: Output,
  { source, data: { summary }, backbone, values, folder, preset, training, rounds }: TrainPlan,
  adapter: AdapterReport,
  { step, otherAdapter }: { readonly step: number; readonly otherAdapter: string | null },
): void {
  const { pictures, instances, leftOut } = summary;
  const { description, software } = adapter;
  const steps = rounds * training.steps;
  out.event({
    ...{ event: "start", folder, pictures, instances, steps, done: step },
    adapter: description,
    software,
  });
  out.note(`GPU       ${adapterLine(adapter)}`);
  out.note(`data      ${plural(instances, "mask")} in ${plural(pictures, "picture")} of ${source}`);
  const left = leftOutText(leftOut);
  if (left) out.note(`          left out: ${left}`);
  out.note(`backbone  ${backbone.name}, frozen`);
  for (const line of aboutModel(backbone, values.center)) out.note(line);
  const times = rounds > 1 ? `${rounds} rounds of ` : "";
  out.note(`training  preset ${preset}: ${times}${plural(training.steps, "step")}`);
  out.note(`into      ${folder}`);
  if (step > 0) out.note(`resuming  ${step} of ${steps} steps are done`);
  if (otherAdapter === null) return;
  out.note(`note      the earlier part ran on another adapter (${otherAdapter}): weights may`);
  out.note("          differ in the last digits from those of one adapter alone");
}

/** A loss or gradient that is not finite, with the pictures of the step and what is left. */
export function notFinite(
  error: NotFiniteError,
  { folder, round, data, checkpoint }: {
    readonly folder: string;
    readonly round: number;
    /** What the round learns from. */
    readonly data: TrainingSet;
    /** Path of the last one. */
    readonly checkpoint: string | undefined;
  },
): CliError {
  const { step, terms, pictures } = error;
  const names = [...new Set(pictures)].map((index) => data.pictures[index].name);
  const shown = names.slice(0, 3).join(", ") + (names.length > 3 ? ", …" : "");
  const what = terms.length > 0 ? `${terms.join(", ")} of the loss is` : "a gradient is";
  return new CliError(
    EXIT.input,
    `training stopped at step ${step} of round ${round}: ${what} not finite`,
    `${folder}: pictures ${shown}; ` +
      (checkpoint ? `the last good checkpoint is ${checkpoint}` : "no checkpoint was made yet"),
    "lower --rate or set --clip 5, with another --name; or look for what is odd in those pictures",
    { cause: error },
  );
}

/** A step that took more memory than was planned, or than the GPU turned out to have. */
export const outOfMemory = (error: GpuMemoryError, folder: string): CliError =>
  new CliError(
    EXIT.memory,
    "not enough GPU memory for a step",
    `${folder}: ${error.message}`,
    "say how much there is (--memory 4G), let fewer views go together (--together 1), or make " +
      "them smaller (--short-side); the last two are another training: give it another --name",
    { cause: error },
  );

/** Says what came of it, and what to type next. */
export async function trainingDone(
  out: Output,
  plan: TrainPlan,
  { folder, weights, report, already, file }: TrainingResult,
): Promise<void> {
  const metrics = await readMetrics(join(folder, "metrics.jsonl"));
  const { data, rounds, training } = plan;
  const { pictures, instances, leftOut } = data.summary;
  const [steps, stepsDone] = [rounds * training.steps, metrics.length];
  const loss = lossEnds(metrics);
  const seconds = secondsOf(file);
  out.event({
    ...{ event: already ? "finished" : "end", folder, weights, report, pictures, instances },
    ...{ steps, loss, seconds },
  });
  const words = trainingEnd({
    ...{ stepsDone, steps, pictures, instances, loss, seconds },
    dropped: droppedPictures(leftOut),
    files: [["weights", weights], ["report", report]],
  });
  out.print(
    (already ? `finished already: ${words}\n(--force starts anew)` : words) +
      `\nnext: ${predictCommand(plan, weights)}`,
  );
}

/** The command that uses the weights; a backbone that has no name is found by its file. */
function predictCommand({ values, backbone }: TrainPlan, weights: string): string {
  const file = values.backbone !== undefined && values.backbone !== backbone.name;
  const more = file ? ["--backbone", values.backbone!] : [];
  return commandLine(["predict", "PHOTO", "--weights", weights, ...more]);
}

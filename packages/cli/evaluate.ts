import {
  type CocoInstances,
  type EvaluateOptions,
  type Evaluation,
  Evaluator,
} from "@fiedler/coco";
import { renderEvaluation } from "@fiedler/report";
import type { EvaluateValues } from "./evaluate_flags.ts";
import { explaining, openResults, readGroundTruth } from "./evaluate_results.ts";
import { jsonLine, metricsFile, notesOn, printedTable, shortNames } from "./evaluate_words.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import { join } from "./paths.ts";
import { commandLine } from "./plan.ts";
import type { World } from "./run.ts";
import { plural } from "./summary.ts";
import { VERSION } from "./version.ts";

/** Results that were scored. */
export interface Scored {
  /** As given on the command line. */
  readonly place: string;
  /** A short name that no other has. */
  readonly name: string;
  readonly evaluation: Evaluation;
  /** What a reader should know. */
  readonly notes: readonly string[];
}

/** `evaluate GT RESULTS…`: COCO's numbers for one or more results, side by side. */
export async function evaluateResults(
  [truthPath, ...places]: readonly string[],
  values: EvaluateValues,
  args: readonly string[],
  { out, disk }: World,
): Promise<ExitCode> {
  const truth = await readGroundTruth(truthPath);
  const names = shortNames(places);
  const scored: Scored[] = [];
  for (const [i, place] of places.entries()) {
    out.status(`scoring ${place}`);
    scored.push({ ...await score(place, truth, truthPath, values), name: names[i] });
  }
  out.status(null);
  for (const one of scored) out.event(jsonLine(one));
  out.print(printedTable(scored));
  for (const { notes, name } of scored) {
    for (const note of notes) out.note(`note  ${scored.length > 1 ? `${name}: ` : ""}${note}`);
  }
  if (values.out !== undefined) {
    const [metrics, page] = ["metrics.json", "evaluation.html"].map((it) => join(values.out!, it));
    const command = commandLine(args);
    await disk.writeWhole(metrics, metricsFile(truthPath, scored, command));
    await disk.writeWhole(
      page,
      renderEvaluation({
        groundTruth: truthPath,
        results: scored,
        notes: scored.flatMap(({ notes, name }) =>
          notes.map((note) => scored.length > 1 ? `${name}: ${note}` : note)
        ),
        command,
        version: VERSION,
      }),
    );
    out.print(`written ${metrics}\n        ${page}`);
  }
  return EXIT.ok;
}

async function score(
  place: string,
  truth: CocoInstances,
  truthPath: string,
  values: EvaluateValues,
): Promise<Omit<Scored, "name">> {
  const source = await openResults(place, truth, values["ignore-unknown-images"]);
  const options = optionsOf(values);
  const evaluator = await explaining(
    truthPath,
    () => Promise.resolve(new Evaluator(truth, options)),
  );
  const evaluation = await explaining(place, async () => {
    for await (const result of source.results) evaluator.add(result);
    return evaluator.finish();
  });
  const unknown = evaluation.notes.unknownImages;
  if (unknown && !values["ignore-unknown-images"]) {
    throw new CliError(
      EXIT.input,
      `${unknown.count} of ${plural(evaluation.counts.results, "result")} are of images that are ` +
        `not in the ground truth, the first of image ${unknown.first}`,
      place,
      "check that both belong together; --ignore-unknown-images leaves such results out",
    );
  }
  return { place, evaluation, notes: [...source.notes, ...notesOn(evaluation)] };
}

const optionsOf = (values: EvaluateValues): EvaluateOptions => ({
  type: values.type,
  classAware: values["class-aware"],
  maxDets: values["max-dets"],
  compat: values.compat,
  ignoreUnknownImages: true, // to say with how many it happened, and what to do
  byCount: values["by-count"]
    ? {
      pooling: values["count-pooling"],
      countCrowds: values["count-crowds"],
      maxDets: values["count-max-dets"],
    }
    : undefined,
});

import type { AdapterReport } from "@fiedler/gpu";
import { COURSE_FOLDERS } from "./course.ts";
import { exists } from "./disk.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { readGain } from "./gain.ts";
import type { Output } from "./output.ts";
import { join } from "./paths.ts";
import type { Centre, Weights } from "./engine.ts";
import type { Plan } from "./plan.ts";
import { seconds } from "./progress.ts";
import type { Done } from "./run_folder.ts";
import { gainTable } from "./train_words.ts";

/** `1 picture`, `2 pictures`. */
export const plural = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

/** `3 files are not pictures: notes.txt, a.csv, …`, or null. */
export function notPicturesLine(names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const some = names.slice(0, 3).join(", ") + (names.length > 3 ? ", …" : "");
  return names.length === 1
    ? `1 file is not a picture: ${some}`
    : `${names.length} files are not pictures: ${some}`;
}

/** The adapter in words. */
export const adapterLine = ({ description, software }: AdapterReport): string =>
  `${description}${software ? " (software adapter: the CPU does the work)" : ""}`;

/** Says what is about to happen. */
export function welcome(
  out: Output,
  plan: Plan,
  adapter: AdapterReport,
  done: Done,
  otherAdapter: string | null,
): void {
  const { inputs: { pictures, notPictures, base }, folder } = plan;
  const finished = done.pictures + done.skipped;
  const { description, software } = adapter;
  out.event({
    event: "start",
    folder,
    pictures: pictures.length,
    done: finished,
    adapter: description,
    software,
  });
  out.note(`GPU       ${adapterLine(adapter)}`);
  out.note(`pictures  ${pictures.length} in ${base}`);
  const others = notPicturesLine(notPictures);
  if (others) out.note(`          ${others}`);
  for (const line of modelLines(plan)) out.note(line);
  out.note(`into      ${folder}`);
  if (finished > 0) out.note(`resuming  ${finished} of ${pictures.length} are done`);
  if (otherAdapter) {
    out.note(`note      the earlier part ran on another adapter (${otherAdapter}): results may`);
    out.note("          differ in the last digits from those of one adapter alone");
  }
}

/** Which models compute. */
function modelLines({ model, saliencyModel, values: { center } }: Plan): string[] {
  const second = saliencyModel === model ? "the same" : saliencyModel?.name ?? "none";
  const models = saliencyModel && saliencyModel !== model ? [model, saliencyModel] : [model];
  return [
    `models    ${model.name}, saliency ${second}`,
    ...models.flatMap((one) => aboutModel(one, center)),
  ];
}

/**
 * What a model is, the terms of its weights, what was guessed, and whether it is centred without
 * being asked; nothing of embedded ones.
 */
export function aboutModel(
  { name, title, notes, terms, embedded, ours }: Weights,
  centre: Centre,
): string[] {
  if (embedded) return [];
  const centred = "of Fiedler's own, so less the features of a flat grey picture (--center)";
  return [
    `          ${name}: ${title}${terms ? `, ${terms}` : ""}`,
    ...[...notes, ...(ours && centre === "auto" ? [centred] : [])]
      .map((note) => `note      ${name}: ${note}`),
  ];
}

/** Says what came of it. */
export async function summarise(
  out: Output,
  plan: Plan,
  done: Done,
  wallMs: number,
): Promise<void> {
  const { folder, inputs: { notPictures } } = plan;
  const report = plan.command === "pipeline" ? join(folder, "report.html") : null;
  const coco = join(folder, "proposals.coco.json");
  const { pictures, masks, skipped } = done;
  out.event({ event: "end", pictures, masks, skipped, wallMs, folder, report, coco });
  const others = notPicturesLine(notPictures);
  const { weights, gain } = await courseResults(folder);
  out.print(
    [
      ...(gain ? [gainTable(gain), ""] : []),
      `${plural(masks, "mask")} in ${plural(pictures, "picture")}, ${seconds(wallMs / 1000)}`,
      ...(skipped > 0 ? [`${skipped} skipped, see ${join(folder, "skipped.jsonl")}`] : []),
      ...(others ? [others] : []),
      `masks   ${coco}`,
      ...(weights ? [`weights ${weights}`] : []),
      ...(report ? [`report  ${report}`] : []),
    ].join("\n"),
  );
}

/** What a pipeline learnt, as far as it came to that. */
async function courseResults(folder: string) {
  const weights = join(folder, COURSE_FOLDERS.train, "segmenter.safetensors");
  return { weights: await exists(weights) ? weights : null, gain: await readGain(folder) };
}

/** Says that there is nothing left to do. */
export function alreadyFinished(out: Output, plan: Plan, done: Done): ExitCode {
  const result = plan.command === "pipeline" ? "report.html" : "proposals.coco.json";
  const { pictures, masks, skipped } = done;
  out.event({ event: "finished", pictures, masks, skipped, folder: plan.folder });
  out.print(
    `finished already: ${plural(masks, "mask")} in ${plural(pictures, "picture")}` +
      `${skipped > 0 ? `, ${skipped} skipped` : ""}\n` +
      `${result === "report.html" ? "report" : "masks "}  ${join(plan.folder, result)}\n` +
      "(--force starts anew, --name NAME makes a second run)",
  );
  return EXIT.ok;
}

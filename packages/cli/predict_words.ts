import type { AdapterReport } from "@fiedler/gpu";
import { EXIT, type ExitCode } from "./exit.ts";
import type { Output } from "./output.ts";
import { join } from "./paths.ts";
import type { PredictPlan } from "./predict_plan.ts";
import { type PredictionRecord, PREDICTIONS } from "./predict_record.ts";
import { seconds } from "./progress.ts";
import { type Done, readRecordsOf } from "./run_folder.ts";
import { adapterLine, notPicturesLine, plural } from "./summary.ts";

/** Pictures whose objects are listed one by one. */
const LISTED = 5;
/** Objects of a picture that are listed. */
const OBJECTS = 8;

/** Says what is about to happen. */
export function predictWelcome(
  out: Output,
  { inputs: { pictures, notPictures, base }, segmenter, folder }: PredictPlan,
  adapter: AdapterReport,
  done: Done,
  otherAdapter: string | null,
): void {
  const finished = done.pictures + done.skipped;
  const { description, software } = adapter;
  const count = pictures.length;
  out.event({
    event: "start",
    folder,
    pictures: count,
    done: finished,
    adapter: description,
    software,
  });
  out.note(`GPU        ${adapterLine(adapter)}`);
  out.note(`pictures   ${count} in ${base}`);
  const others = notPicturesLine(notPictures);
  if (others) out.note(`           ${others}`);
  out.note(`segmenter  ${segmenter.name}: ${segmenter.title}`);
  for (const note of segmenter.notes) out.note(`note       ${note}`);
  out.note(`into       ${folder}`);
  if (finished > 0) out.note(`resuming   ${finished} of ${count} are done`);
  if (otherAdapter) {
    out.note(`note       the earlier part ran on another adapter (${otherAdapter}): results may`);
    out.note("           differ in the last digits from those of one adapter alone");
  }
}

/** Says what came of it: of few pictures, each object. */
export async function predictSummary(
  out: Output,
  { folder, inputs: { notPictures }, segmenter, values }: PredictPlan,
  { pictures, masks, skipped, drawn }: Done & { readonly drawn: number },
  wallMs: number,
): Promise<void> {
  const coco = join(folder, "predictions.coco.json");
  out.event({ event: "end", pictures, masks, skipped, wallMs, folder, coco });
  const list = pictures <= LISTED
    ? await objectLines(folder, segmenter.config.heads.categories > 1)
    : [];
  const others = notPicturesLine(notPictures);
  const least = values["overlay-score"];
  const best = values.overlays ? `, ${drawn} with a score of ${least} or more (drawn)` : "";
  const time = seconds(wallMs / 1000);
  out.print(
    [
      ...list,
      `${plural(masks, "object")} in ${plural(pictures, "picture")}${best}; ${time}`,
      ...(skipped > 0 ? [`${skipped} skipped, see ${join(folder, "skipped.jsonl")}`] : []),
      ...(others ? [others] : []),
      `masks     ${coco}`,
      ...(values.overlays ? [`overlays  ${join(folder, "overlays")}`] : []),
    ].join("\n"),
  );
}

/** A line for each picture, and one for each of its best objects; with classes where there are some. */
async function objectLines(folder: string, classes: boolean): Promise<string[]> {
  const lines: string[] = [];
  for await (const { image, detections } of readRecordsOf(folder, PREDICTIONS)) {
    lines.push(detections.length === 0 ? `${image}: nothing` : `${image}:`);
    lines.push(...detections.slice(0, OBJECTS).map((it) => objectLine(it, classes)));
    const more = detections.length - OBJECTS;
    if (more > 0) lines.push(`  and ${plural(more, "object")} more`);
  }
  return lines;
}

function objectLine(
  { score, category, bbox, area }: PredictionRecord["detections"][number],
  classes: boolean,
): string {
  const [x, y, width, height] = bbox;
  const what = classes ? `class ${category + 1}, ` : "";
  return `  ${score.toFixed(2)}  ${what}${width} × ${height} at ${x}, ${y}, ${
    plural(area, "pixel")
  }`;
}

/** Says that there is nothing left to do. */
export function alreadyPredicted(
  out: Output,
  { folder }: PredictPlan,
  { pictures, masks, skipped }: Done,
): ExitCode {
  out.event({ event: "finished", pictures, masks, skipped, folder });
  out.print(
    `finished already: ${plural(masks, "object")} in ${plural(pictures, "picture")}` +
      `${skipped > 0 ? `, ${skipped} skipped` : ""}\n` +
      `masks     ${join(folder, "predictions.coco.json")}\n` +
      "(--force starts anew, --name NAME makes a second folder)",
  );
  return EXIT.ok;
}

import { renderTraining, type TrainingSummary } from "@fiedler/report";
import { readMetrics } from "./metrics_file.ts";
import { secondsOf, type TrainFile } from "./train_file.ts";
import { join } from "./paths.ts";
import type { TrainFolder } from "./train_folder.ts";
import { type LeftOut, PICTURE_REASONS } from "./training_set.ts";

/** Writes `report.html`: the curves, and all settings. */
export async function writeTrainReport(folder: TrainFolder, file: TrainFile): Promise<void> {
  const page = renderTraining(await trainingSummary(folder.path, file));
  await folder.disk.writeWhole(folder.file("report.html"), page);
}

/** What the folder of a training says of it, for reports. */
export async function trainingSummary(folder: string, file: TrainFile): Promise<TrainingSummary> {
  const { title, command, version, options, segmenter, training, rounds, source, sessions } = file;
  const metrics = await readMetrics(join(folder, "metrics.jsonl"));
  const { pictures, instances, leftOut } = source.summary;
  const preset = options.find(({ name }) => name === "preset");
  return {
    ...{ title, command, version, pictures, instances, metrics },
    preset: String(preset?.value),
    backbone: file.backbone.name,
    network: `SOLOv2 with ${segmenter.heads.grids.length} levels`,
    stepsDone: metrics.length,
    roundSteps: new Array(rounds).fill(training.steps),
    dropped: droppedPictures(leftOut),
    seconds: secondsOf(file),
    adapter: sessions[sessions.length - 1].adapter,
    settings: options,
  };
}

/** Pictures that were not learnt from, with the reason. */
export const droppedPictures = ({ pictures }: LeftOut): TrainingSummary["dropped"] =>
  (Object.keys(pictures) as (keyof typeof pictures)[])
    .filter((reason) => pictures[reason] > 0)
    .map((reason) => ({ reason: PICTURE_REASONS[reason], pictures: pictures[reason] }));

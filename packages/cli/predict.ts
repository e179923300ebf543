import type { Detection } from "@fiedler/segmenter";
import { EXIT, type ExitCode } from "./exit.ts";
import { sums } from "./finish.ts";
import type { FittedInput } from "./fit.ts";
import { type PictureEngine, type PictureJob, PictureRun } from "./picture_run.ts";
import { openPredictEngine } from "./predict_engine.ts";
import { predictOptions, type PredictPlan } from "./predict_plan.ts";
import {
  cocoPredictions,
  type PredictionRecord,
  predictionRecord,
  PREDICTIONS,
} from "./predict_record.ts";
import { alreadyPredicted, predictSummary, predictWelcome } from "./predict_words.ts";
import type { World } from "./run.ts";
import { type Done, RunFolder } from "./run_folder.ts";
import { checkStop } from "./stop.ts";

/** A segmenter on one GPU device. */
export interface PredictEngine extends PictureEngine {
  /** Both sides of pictures are padded to multiples of this. */
  readonly multiple: number;
  /** What is in each picture, best first. */
  detect(pictures: readonly FittedInput[]): Promise<readonly Detection[][]>;
}

/** `predict`. */
export async function runPrediction(plan: PredictPlan, world: World): Promise<ExitCode> {
  const { done, wallMs, drawn } = await predictInto(plan, world);
  if (wallMs === null) return alreadyPredicted(world.out, plan, done);
  await predictSummary(world.out, plan, { ...done, drawn }, wallMs);
  return EXIT.ok;
}

/**
 * Pictures in, a folder of masks out. Resumes what an earlier process left; results are the same bytes
 * either way.
 *
 * @returns what is there now, the milliseconds that this process took, null when there was nothing
 * left to do, and how many objects have the score from which they are drawn.
 */
export async function predictInto(
  plan: PredictPlan,
  world: World,
): Promise<{ readonly done: Done; readonly wallMs: number | null; readonly drawn: number }> {
  const { disk, stop } = world;
  const { identity, inputs, values: { force } } = plan;
  using folder = await RunFolder.open(disk, plan.folder, PREDICTIONS, {
    identity,
    pictures: inputs.pictures,
    force,
  });
  const done = await folder.repair();
  if (folder.earlier?.status === "finished") return { done, wallMs: null, drawn: 0 };
  let drawn = 0;
  const least = plan.values["overlay-score"];
  async function* counted(records: AsyncIterable<PredictionRecord>) {
    drawn = 0;
    for await (const record of records) {
      drawn += record.detections.filter(({ score }) => score >= least).length;
      yield record;
    }
  }
  const run = new PictureRun(predictJob(plan, world, folder), world, folder, done);
  await run.execute(async () => {
    await disk.writeWhole(
      folder.file("predictions.coco.json"),
      cocoPredictions(counted(folder.records())),
    );
    checkStop(stop, plan.folder);
    await disk.writeWhole(folder.file("SHA256SUMS"), await sums(folder.path));
  });
  return { done, wallMs: run.wallMs, drawn };
}

/** Prediction as a job over pictures. */
function predictJob(
  plan: PredictPlan,
  world: World,
  folder: RunFolder<PredictionRecord>,
): PictureJob<PredictEngine, FittedInput, PredictionRecord, PredictionRecord> {
  const { values, inputs, segmenter, shortSide, longest } = plan;
  return {
    folder: plan.folder,
    inputs,
    identity: plan.identity,
    strict: values.strict,
    about: {
      command: plan.commandLine,
      config: values,
      options: predictOptions(plan),
      weights: [segmenter, ...(segmenter.backbone ? [segmenter.backbone] : [])].map((
        { name, title, sha256, notes, terms },
      ) => ({ name, title, sha256, terms, notes })),
    },
    open: (indices) => openPredictEngine(plan, indices, world),
    batchSize: ({ software }) => values.batch || (software ? 4 : 16),
    read: (desk, index, { multiple }) => {
      const { path, image, id } = inputs.pictures[index];
      const overlay = values.overlays;
      const size = { shortSide, longest, multiple, maxPixels: values["max-pixels"] };
      return desk.fit({ kind: "fit", path, image, id, ...size, overlay });
    },
    compute: async (engine, pictures) => {
      const found = await engine.detect(pictures);
      return pictures.map((input, i) => predictionRecord(input, found[i]));
    },
    write: async (desk, index, { original }, { detections }) => {
      if (!values.overlays) return;
      const { path } = inputs.pictures[index];
      const masks = detections.filter(({ score }) => score >= values["overlay-score"])
        .map(({ segmentation }) => segmentation);
      const maxPixels = values["max-pixels"];
      const png = await desk.draw({ kind: "draw", path, maxPixels, original, masks });
      await folder.disk.writeWhole(folder.file("overlays", `${plan.names[index]}.png`), png);
    },
    record: (record) => record,
    masks: PREDICTIONS.masks,
    welcome: (engine, done, other) => predictWelcome(world.out, plan, engine.adapter, done, other),
  };
}

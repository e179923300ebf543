import { segmenterParts, type SegmenterRecord } from "@fiedler/segmenter";
import { parametersOf, type TrainerState } from "@fiedler/train";
import { type Disk, exists } from "./disk.ts";
import { CliError, EXIT } from "./exit.ts";
import { basename, dirname } from "./paths.ts";
import { runPrediction } from "./predict.ts";
import { PREDICT_FLAGS, type PredictValues } from "./predict_flags.ts";
import { predictPlan } from "./predict_plan.ts";
import { PREDICTIONS } from "./predict_record.ts";
import { readRecordsOf } from "./run_folder.ts";
import { findSegmenter } from "./segmenter_weights.ts";
import type { Checkpoint } from "./train_checkpoints.ts";
import type { TrainFolder } from "./train_folder.ts";
import { segmenterRecord, type TrainPlan } from "./train_plan.ts";
import type { TrainWorld } from "./train_run.ts";
import type { TrainingSet } from "./training_set.ts";

/** What a later round learns from, as FreeSOLO (arXiv 2202.12181) chooses it. */
const LABELS = {
  /** Least score. */
  score: 0.3,
  /** Masks of a picture. */
  most: 20,
  /** Share of the picture's width that a mask stays below. */
  width: 0.95,
} as const;

/** Writes a segmenter alone: parameters, without what an optimiser remembers. */
export async function writeSegmenter(
  disk: Disk,
  path: string,
  record: SegmenterRecord,
  state: TrainerState,
): Promise<void> {
  await disk.writeWhole(path, segmenterParts(record, parametersOf(state)));
}

/**
 * What a round learns from: the first one from the source, a later one from what the round before it
 * finds in the same pictures. That is kept in `rounds/`, and found only once.
 *
 * @param place the checkpoint that training goes on from.
 * @throws {CliError} exit 3 when nothing was found that is sure enough.
 */
export async function roundData(
  plan: TrainPlan,
  round: number,
  place: Checkpoint | null,
  folder: TrainFolder,
  world: TrainWorld,
): Promise<TrainingSet> {
  if (round === 1) return plan.data;
  const labels = folder.file("rounds", `round-${round - 1}`);
  const weights = `${labels}.safetensors`;
  if (!await exists(weights)) {
    if (place?.round !== round - 1) throw lostRound(weights);
    await writeSegmenter(world.disk, weights, segmenterRecord(plan), place.state);
  }
  await predictRound(plan, round - 1, weights, labels, world);
  return await labelledSet(plan, labels);
}

/** Predicts on the pictures of a training; goes on where an earlier process stopped. */
async function predictRound(
  plan: TrainPlan,
  round: number,
  weights: string,
  labels: string,
  world: TrainWorld,
): Promise<void> {
  const { out } = world;
  const pictures = plan.data.pictures.map(({ name, id, path }) => ({
    ...{ image: name, id, path },
    bytes: Deno.statSync(path).size,
  }));
  const initial = Object.entries(PREDICT_FLAGS).map(([name, { initial }]) => [name, initial]);
  const { score, most } = LABELS;
  const values: PredictValues = {
    ...Object.fromEntries(initial) as PredictValues,
    ...{ weights, score, most, overlays: false },
    ...{ memory: plan.values.memory, tune: plan.values.tune },
  };
  out.note(`round     ${round} is over: finding what the next one learns from`);
  await runPrediction(
    predictPlan({
      commandLine: plan.commandLine,
      folder: labels,
      values,
      inputs: { base: dirname(plan.data.pictures[0].path), pictures, notPictures: [] },
      segmenter: await findSegmenter(weights, plan.backbone.path),
    }),
    {
      ...world,
      out: {
        ...out,
        print: () => {},
        event: (event) => out.event({ ...event, event: `predict: ${event.event}`, round }),
      },
    },
  );
}

/** The pictures with the masks that were found in them; those without any are left out. */
async function labelledSet({ data }: TrainPlan, labels: string): Promise<TrainingSet> {
  const found = new Map<number, string[]>();
  for await (const { id, size, detections } of readRecordsOf(labels, PREDICTIONS)) {
    const masks = detections.filter(({ bbox }) => bbox[2] < LABELS.width * size[1])
      .map(({ segmentation }) => segmentation.counts);
    found.set(id, masks);
  }
  const pictures = data.pictures.map((picture) => ({
    ...picture,
    masks: found.get(picture.id) ?? [],
  }))
    .filter(({ masks }) => masks.length > 0);
  if (pictures.length > 0) return { ...data, pictures };
  throw new CliError(
    EXIT.input,
    `the round found nothing of a score from ${LABELS.score} on to learn from`,
    labels,
    "train for more --steps, or with --rounds 1",
  );
}

const lostRound = (weights: string) =>
  new CliError(
    EXIT.usage,
    "what the round before learnt is not there any more",
    `${basename(weights)} in ${dirname(weights)}`,
    "put the file back, or start anew with --force",
  );

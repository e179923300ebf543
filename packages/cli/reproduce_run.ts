import { type Rle, rleFromString } from "@fiedler/coco";
import { Gpu } from "@fiedler/gpu";
import { ImageError, planSize, prepareImage } from "@fiedler/io";
import {
  makeProposer,
  PAPER,
  type PreparedPicture,
  type Proposals,
  type Proposer,
} from "@fiedler/pipeline";
import { type PictureStudy, studyPicture } from "@fiedler/study";
import type { Disk } from "./disk.ts";
import { memoryBudget } from "./memory_budget.ts";
import type { Output } from "./output.ts";
import { Progress } from "./progress.ts";
import type { LabelledPicture, StudyEntry, StudySet } from "./reproduce_data.ts";
import type { Outcome, StudyLines } from "./reproduce_lines.ts";
import type { StudyModel } from "./reproduce_models.ts";
import { checkStop, type StopSignal } from "./stop.ts";
import { adapterLine } from "./summary.ts";
import { type TuneMode, tuningRule } from "./tune_first_use.ts";

/**
 * The preset `paper` up to the component split: no saliency, no filter, and no NMS, since no two
 * masks have an IoU above 1 (§3, A.1).
 */
export const STUDY_OPTIONS = { ...PAPER, nmsThreshold: 1 };

/** What is measured, and how. */
export interface StudyPlan {
  readonly sets: readonly StudySet[];
  readonly models: readonly StudyModel[];
  /** As `--resize`; `auto` goes by data set and model. */
  readonly resize: string;
  readonly memory: string;
  readonly tune: TuneMode;
  /** The folder of results, for messages. */
  readonly folder: string;
}

/** What a study needs of the world. */
interface StudyWorld {
  readonly out: Output;
  readonly disk: Disk;
  readonly stop: StopSignal;
}

/** Pictures that are read, computed and stored together. */
const TOGETHER = 8;

/** Measures every model on every data set, but for what is known already. */
export async function measureAll(
  plan: StudyPlan,
  lines: StudyLines,
  world: StudyWorld,
): Promise<void> {
  const { out } = world;
  const todo = plan.models.flatMap((model) =>
    plan.sets.flatMap((set) => {
      const known = lines.of(set, model);
      const entries = set.entries.filter(({ name }) => {
        const outcome = known.get(name); // a skip may not be one with other limits
        return !outcome || "skipped" in outcome;
      });
      return entries.length > 0 ? [{ model, set, entries }] : [];
    })
  );
  const left = todo.reduce((sum, { entries }) => sum + entries.length, 0);
  const all = plan.models.length * plan.sets.reduce((sum, { entries }) => sum + entries.length, 0);
  if (left < all) out.note(`resuming  ${all - left} of ${all} pictures are done`);
  if (left === 0) return;
  const gpu = await Gpu.open({
    memoryBudgetBytes: (adapter) => memoryBudget(plan.memory, adapter),
    tuning: tuningRule(plan.tune, world),
  });
  out.note(`GPU       ${adapterLine(gpu.adapter)}`);
  const progress = new Progress(out, all, all - left, () => performance.now());
  try {
    for (const [model, tasks] of Map.groupBy(todo, ({ model }) => model)) {
      const extractor = await model.load(gpu);
      const settings = { model: extractor, saliencyModel: null, options: STUDY_OPTIONS };
      const proposer = makeProposer(gpu, settings);
      for (const task of tasks) await measureSet(plan, task, proposer, lines, progress, world);
      gpu.free(...extractor.backbone.parameters);
    }
  } finally {
    gpu.close();
  }
  progress.end();
}

/** What is left to do of a data set by a model. */
interface Task {
  readonly set: StudySet;
  readonly model: StudyModel;
  readonly entries: readonly StudyEntry[];
}

async function measureSet(
  plan: StudyPlan,
  { set, model, entries }: Task,
  proposer: Proposer,
  lines: StudyLines,
  progress: Progress,
  { out, stop }: StudyWorld,
): Promise<void> {
  const rule = resizeRule(plan.resize, set, model, proposer.patch);
  for (let at = 0; at < entries.length; at += TOGETHER) {
    const some = entries.slice(at, at + TOGETHER);
    const outcomes = await measureSome(some, rule, proposer);
    await lines.append(set, model, outcomes);
    for (const { picture, outcome } of outcomes) {
      if ("skipped" in outcome) out.note(`skipped ${picture} of ${set.name}: ${outcome.skipped}`);
    }
    progress.advance(some.length);
    checkStop(stop, plan.folder);
  }
}

/** Scenes are enlarged to 24 × 24 patches; photos are shrunk for the embedded models alone. */
export function resizeRule(
  rule: string,
  { scenes }: StudySet,
  { small }: StudyModel,
  patch: number,
): string {
  if (rule !== "auto") return rule;
  return scenes ? `fixed:${24 * patch}x${24 * patch}` : small ? "short:256" : "native";
}

/** A picture ready for the GPU. */
interface Ready {
  readonly labelled: LabelledPicture;
  readonly picture: PreparedPicture;
}

/** Why a picture has no numbers. */
interface Skipped {
  readonly skipped: string;
}

async function measureSome(
  entries: readonly StudyEntry[],
  rule: string,
  proposer: Proposer,
): Promise<{ picture: string; outcome: Outcome }[]> {
  const read = await Promise.all(entries.map((entry) => prepare(entry, rule, proposer)));
  const ready = read.filter((one) => "picture" in one);
  const proposals = await proposer.propose(ready.map(({ picture }) => picture), { stages: true });
  const studies = new Map(
    ready.map((one, i) => [one, { study: studyOf(proposals[i], one.labelled) }]),
  );
  return entries.map(({ name }, i) => {
    const one = read[i];
    return { picture: name, outcome: "skipped" in one ? one : studies.get(one)! };
  });
}

/** Reads, resizes and crops a picture, or says why it cannot be used. */
async function prepare(
  { name, id, read }: StudyEntry,
  rule: string,
  { patch, maxPatches }: Proposer,
): Promise<Ready | Skipped> {
  try {
    const labelled = await read();
    const { image: { width, height }, sha256 } = labelled;
    const { grid: { rows, columns } } = planSize(width, height, rule, patch);
    if (rows * columns > maxPatches) {
      const what = `${rows} × ${columns} patches at ${rule}`;
      return { skipped: `${what}, at most ${maxPatches} are taken; see --resize` };
    }
    const { image: pixels, plan: { resized } } = prepareImage(labelled.image, rule, patch);
    const picture = {
      image: name,
      id,
      sha256,
      size: [height, width] as const,
      resized: [resized.height, resized.width] as const,
      pixels,
    };
    return { labelled, picture };
  } catch (error) {
    if (error instanceof ImageError) return { skipped: error.message };
    throw error;
  }
}

/** Measures what the proposal stage made of a picture. */
function studyOf({ record, stages }: Proposals, labelled: LabelledPicture): PictureStudy {
  const { clusterCounts } = STUDY_OPTIONS;
  return studyPicture({
    size: record.size,
    resized: record.resized,
    grid: record.grid,
    patch: record.patch,
    masks: record.masks.map(({ segmentation }): Rle => {
      const { size, counts } = segmentation!; // none is dropped
      return { size, counts: rleFromString(counts) };
    }),
    clusterings: stages
      ? clusterCounts.map((k) => ({ k, labels: stages[`labels_k${k}`].data }))
      : [],
    keys: stages && stages.keys.data,
    unknown: labelled.unknown,
  }, labelled.objects);
}

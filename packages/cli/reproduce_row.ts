import { type CocoInstances, type CocoResult, readCocoResults } from "@fiedler/coco";
import { readGroundTruth } from "./evaluate_results.ts";
import { type PipelineValues, PROPOSE_FLAGS } from "./flags.ts";
import { dirname, join } from "./paths.ts";
import { type Plan, planRun } from "./plan.ts";
import { runPrediction } from "./predict.ts";
import { PREDICT_FLAGS } from "./predict_flags.ts";
import { planPrediction } from "./predict_plan.ts";
import { baselineEngine, isBaseline, planOfBaseline, STAND_IN } from "./reproduce_baseline.ts";
import { HELD_OUT_SEED } from "./reproduce_data.ts";
import {
  FIRST_TRAINING_SCENE,
  type PlannedRow,
  SCENE_SIZE,
  type TablePlan,
  valuesOf,
} from "./reproduce_plan.ts";
import { aboutRow, resultFile, type RowResult } from "./reproduce_result.ts";
import { scaleOf, type Score, scoreOf } from "./reproduce_score.ts";
import { runProposals, type World } from "./run.ts";
import { expectRun } from "./run_folder.ts";
import { writeScenes } from "./scenes.ts";
import { secondsOf } from "./train_file.ts";
import { planTraining } from "./train_plan.ts";
import { runTraining } from "./train_run.ts";
import { openModel } from "./weights.ts";

/** Patches across a scene, as in the study of Table 1. */
const GRID = 24;

/** The two sets of scenes, by the name of their folder. */
type SceneSet = "training" | "held-out";

const scenesOf = ({ folder }: TablePlan, set: SceneSet): string => join(folder, "scenes", set);

/** Makes the scenes that are not there yet. */
export async function makeTableScenes(plan: TablePlan, world: World): Promise<void> {
  const { scenes: { training, heldOut } } = plan;
  const sets = [["training", training, FIRST_TRAINING_SCENE], ["held-out", heldOut, 1]] as const;
  for (const [set, count, first] of sets) {
    const about = { mode: "scene", size: SCENE_SIZE, seed: HELD_OUT_SEED, count, first } as const;
    await writeScenes(scenesOf(plan, set), about, partOf(world, { part: `${set} scenes` }));
  }
}

/** A world whose parts tell how they get on; what they come to is told in the tables. */
function partOf(world: World, about: Readonly<Record<string, string>>): World {
  const { out } = world;
  const event: typeof out.event = (it) => {
    if (it.event === "step" || it.event === "progress") out.event({ ...it, ...about });
  };
  const note: typeof out.note = (line) => out.note(`  ${line}`);
  return { ...world, out: { ...out, print: () => {}, note, event } };
}

/**
 * Computes a row: proposals of all scenes, a segmenter that learns from those of the training
 * scenes, and what it finds in the held-out ones. Each part goes on where it was stopped.
 */
export async function computeRow(
  plan: TablePlan,
  row: PlannedRow,
  world: World,
): Promise<RowResult> {
  const truth = await readGroundTruth(join(scenesOf(plan, "held-out"), "instances.json"));
  const learnt = await propose(plan, row, "training", world);
  const heldOut = await propose(plan, row, "held-out", world);
  const proposed = await readResults(join(heldOut, "proposals.coco.json"));
  const training = (await readResults(join(learnt, "proposals.coco.json"))).length;
  const trained = training > 0 ? await learn(plan, row, learnt, world) : null;
  const result = {
    about: aboutRow(plan, row),
    proposals: scored(truth, proposed),
    trained: trained && scored(truth, trained.found),
    counts: { training, heldOut: proposed.length, found: trained?.found.length ?? 0 },
    seconds: await runSeconds(learnt) + await runSeconds(heldOut) + (trained?.seconds ?? 0),
  };
  await world.disk.writeWhole(resultFile(plan, row), `${JSON.stringify(result)}\n`);
  return result;
}

const scored = (truth: CocoInstances, results: readonly CocoResult[]): Score =>
  scoreOf(truth, results, { scale: scaleOf(SCENE_SIZE) });

/** Proposals of one set of scenes; the folder of their run. */
async function propose(
  plan: TablePlan,
  row: PlannedRow,
  set: SceneSet,
  world: World,
): Promise<string> {
  const { extractor, slug } = row;
  world.out.note(`proposals of the ${set} scenes`);
  const proposals = await proposalPlan(plan, row, set);
  const openEngine = isBaseline(extractor) ? baselineEngine(extractor) : world.openEngine;
  const part = partOf(world, { row: slug, part: `${set} proposals` });
  await runProposals(proposals, { ...part, openEngine });
  return proposals.folder;
}

/** How scenes are resized for an extractor with patches of so many pixels. */
export const resizeOf = ({ resize }: Pick<TablePlan, "resize">, patch: number): string =>
  resize === "auto" ? `fixed:${GRID * patch}x${GRID * patch}` : resize;

async function proposalPlan(
  { folder, args, resize, memory, tune, maxPixels }: TablePlan,
  { slug, extractor, config: { model, k, saliency, split } }: PlannedRow,
  set: SceneSet,
): Promise<Plan> {
  const name = isBaseline(extractor) ? STAND_IN : model;
  const given = {
    preset: "paper",
    model: name,
    k,
    split,
    saliency: saliency === "none" ? "none" : saliency === "self" ? name : "auto",
    out: join(folder, "rows", slug, set),
    memory,
    tune,
    "max-pixels": maxPixels,
  };
  // `propose` writes neither report nor overlays: their values are never looked at.
  const values = await valuesOf("propose", PROPOSE_FLAGS, given) as PipelineValues;
  const plan = await planRun("propose", [join(folder, "scenes", set, "images")], values, args);
  using opened = await openModel(plan.model);
  const rule = resizeOf({ resize }, opened.model.patch);
  const ruled = { ...plan, rule, identity: { ...plan.identity, resize: rule } };
  return isBaseline(extractor) ? planOfBaseline(ruled, extractor) : ruled;
}

/** Trains on the proposals of a run, and finds objects in the held-out scenes. */
async function learn(
  plan: TablePlan,
  row: PlannedRow,
  source: string,
  world: World,
): Promise<{ readonly found: readonly CocoResult[]; readonly seconds: number }> {
  const { args, train, memory, tune } = plan;
  const folder = dirname(resultFile(plan, row));
  const values = { ...train, out: join(folder, "training"), name: undefined };
  world.out.note("training on the proposals");
  const part = (name: string) => partOf(world, { row: row.slug, part: name });
  const training = await runTraining(
    await planTraining(source, { values, args }),
    part("training"),
  );
  const out = join(folder, "predictions");
  const given = { weights: training.weights, overlays: false, out, memory, tune };
  const predict = await valuesOf("predict", PREDICT_FLAGS, given);
  const pictures = join(scenesOf(plan, "held-out"), "images");
  world.out.note("masks of the held-out scenes");
  await runPrediction(await planPrediction([pictures], predict, args), part("predictions"));
  return {
    found: await readResults(join(out, "predictions.coco.json")),
    seconds: secondsOf(training.file) + await runSeconds(out),
  };
}

async function readResults(path: string): Promise<CocoResult[]> {
  const { readable } = await Deno.open(path);
  return await Array.fromAsync(readCocoResults(readable));
}

async function runSeconds(folder: string): Promise<number> {
  const { sessions } = await expectRun(folder);
  return sessions.reduce((sum, { wallMs }) => sum + wallMs / 1000, 0);
}

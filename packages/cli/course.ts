/** What a pipeline does with its proposals: trains a segmenter, uses it, and says what it gained. */
import type { Flag } from "./flag.ts";
import { writeGain } from "./gain.ts";
import { join } from "./paths.ts";
import type { Plan } from "./plan.ts";
import { predictInto } from "./predict.ts";
import type { PredictValues } from "./predict_flags.ts";
import { predictPlan } from "./predict_plan.ts";
import type { World } from "./run.ts";
import type { Done } from "./run_folder.ts";
import { findSegmenter } from "./segmenter_weights.ts";
import type { TrainValues } from "./train_flags.ts";
import { planTraining } from "./train_plan.ts";
import { runTraining } from "./train_run.ts";

/** All that follows the proposals of a pipeline. */
export interface Course {
  readonly train: TrainValues;
  readonly predict: PredictValues;
  /** COCO ground truth of the pictures that are kept aside; null for none. */
  readonly truth: string | null;
  /** What to call those. */
  readonly noun: "scene" | "picture";
  /** Whether a picture is learnt from; those that the ground truth names never are. */
  readonly learnt: (image: string) => boolean;
  /** Whether the segmenter looks at a picture. */
  readonly predicted: (image: string) => boolean;
}

/** Folders of a pipeline's parts. */
export const COURSE_FOLDERS = { train: "train", predict: "predict" } as const;

/** The values that flags have by themselves. */
export function initialValues<F extends Readonly<Record<string, Flag<unknown>>>>(
  flags: F,
): { [name in keyof F]: F[name] extends Flag<infer T> ? T : never } {
  const values = Object.entries(flags).map(([name, { initial }]) => [name, initial]);
  return Object.fromEntries(values) as ReturnType<typeof initialValues<F>>;
}

/**
 * Trains on the masks of a run, finds objects in its pictures, and compares both with ground truth
 * where there is some. Each part has a folder in that of the run, and goes on where it stopped.
 */
export async function runCourse(
  plan: Plan,
  course: Course,
  { masks }: Done,
  world: World,
  time: <T>(name: string, work: () => Promise<T>) => Promise<T>,
): Promise<void> {
  if (masks === 0) {
    return world.out.note("note      no mask was kept: there is nothing to learn from");
  }
  const part = partsOf(world);
  const { weights } = await time("training", () => trainOn(plan, course, part));
  await time("prediction", () => predictWith(plan, course, weights, part));
  const { truth, noun, train: { start = null } } = course;
  if (truth !== null) {
    await time("evaluation", () => writeGain(plan.folder, { truth, noun, start }, world));
  }
}

/** The parts of a pipeline tell how they get on; what they came to is told at its end. */
function partsOf(world: World): World {
  const { out } = world;
  const event = (it: Parameters<typeof out.event>[0]) => {
    if (it.event === "step" || it.event === "progress") out.event(it);
  };
  return { ...world, out: { ...out, print: () => {}, event } };
}

async function trainOn(plan: Plan, { train, learnt }: Course, world: World) {
  const training = await planTraining(plan.folder, {
    values: train,
    args: plan.args,
    folder: join(plan.folder, COURSE_FOLDERS.train),
    keep: ({ name }) => learnt(name),
  });
  return await runTraining(training, world);
}

async function predictWith(
  plan: Plan,
  { predict, predicted }: Course,
  weights: string,
  world: World,
): Promise<void> {
  const { inputs, commandLine } = plan;
  const prediction = predictPlan({
    commandLine,
    folder: join(plan.folder, COURSE_FOLDERS.predict),
    values: predict,
    inputs: { ...inputs, pictures: inputs.pictures.filter(({ image }) => predicted(image)) },
    segmenter: await findSegmenter(weights, undefined),
  });
  await predictInto(prediction, world);
}

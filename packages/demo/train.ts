import { factoredTerms, factorsAt, type StepReport, type TrainSettings } from "@fiedler/train";
import { Course, type CourseOptions } from "./course.ts";
import type { Engine } from "./engine.ts";
import { findLesson } from "./lessons.ts";
import type { Asked, TrainedFile } from "./messages.ts";
import type { Models } from "./models.ts";
import type { TrainingOptions, TrainingStep } from "./studio.ts";
import type { WorkQueue } from "./work_queue.ts";

/** What training works with. */
export interface School {
  readonly engine: Engine;
  readonly models: Models;
  /** Each step waits its turn, so that pictures can be looked at meanwhile. */
  readonly queue: WorkQueue;
  /** The segmenter to go on from. */
  readonly start: Blob | null;
}

/** How training tells of itself. */
export type Told = Required<Pick<TrainingOptions, "signal" | "onStep" | "onPhase">>;

/**
 * Trains the tiny segmenter on the masks that options find in pictures.
 *
 * @throws {RangeError} when no picture has a mask that is kept, or `steps` is no positive whole
 * number.
 * @throws {ImageError} when a picture cannot be read; the message names it.
 * @throws {DOMException} `AbortError`, or the signal's reason, before the first step.
 */
export async function train(
  school: School,
  { pictures, options, steps, seed }: Asked["train"][0],
  told: Told,
): Promise<TrainedFile> {
  if (!(Number.isSafeInteger(steps) && steps > 0)) {
    throw new RangeError(`train: steps must be a positive whole number, got ${steps}`);
  }
  const { engine, models, queue, start } = school;
  const lessons: CourseOptions["lessons"][number][] = [];
  for (const [i, picture] of pictures.entries()) {
    told.signal.throwIfAborted();
    told.onPhase(`looking for masks in picture ${i + 1} of ${pictures.length}`);
    const find = () => engine.use((bench) => findLesson(bench, models, picture, options));
    const lesson = await queue.add("lesson", find);
    if (lesson.instances.length > 0) lessons.push(lesson);
  }
  if (lessons.length === 0) {
    throw new RangeError(
      `train: none of ${pictures.length} pictures has a mask that is kept; ` +
        "add pictures, or lower the saliency score or the least area of masks",
    );
  }
  told.signal.throwIfAborted();
  told.onPhase("preparing the segmenter");
  const course = new Course(models, { lessons, steps, seed, start });
  try {
    return await attend(school, course, lessons, told);
  } finally {
    course.free();
  }
}

/** All steps, or as many as are wanted. */
async function attend(
  { engine, queue }: School,
  course: Course,
  lessons: CourseOptions["lessons"],
  { signal, onStep }: Told,
): Promise<TrainedFile> {
  const { settings } = course;
  while (course.done < settings.steps && !signal.aborted) {
    await queue.add("step", async () => {
      const start = performance.now();
      const report = await engine.use((bench) => course.step(bench));
      onStep(stepOf(report, settings, performance.now() - start));
    });
  }
  if (course.done === 0) signal.throwIfAborted();
  const weights = await queue.add("file", () => engine.use((bench) => course.file(bench)));
  return {
    ...{ steps: course.done, weights, pictures: lessons.length },
    masks: lessons.reduce((sum, { instances }) => sum + instances.length, 0),
  };
}

/** What the page is told of a step: terms with their factors, those that there are. */
function stepOf(
  { step, terms: { total, ...terms } }: StepReport,
  { steps, loss }: TrainSettings,
  ms: number,
): TrainingStep {
  const factors = factorsAt(loss, step);
  const parts = Object.entries(factoredTerms(terms, factors))
    .filter(([term]) => factors[term as keyof typeof factors] > 0);
  return { step, steps, loss: total, terms: Object.fromEntries(parts), ms };
}

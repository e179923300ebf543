import { type Course, initialValues } from "./course.ts";
import { matchPictures, readGroundTruth } from "./evaluate_results.ts";
import { type Example, type ExamplePictures, isHeldOut, isScene } from "./example.ts";
import type { PipelineValues } from "./flags.ts";
import type { Identity } from "./identity.ts";
import type { Inputs } from "./inputs.ts";
import { PREDICT_FLAGS } from "./predict_flags.ts";
import { TRAIN_FLAGS } from "./train_flags.ts";

/** A pipeline without arguments: as much as its time allows on two cores without a GPU. */
const EXAMPLE = { scenes: 160, heldOut: 60, steps: 600 } as const;
/** The same with `--fast`: too few steps for new weights to find anything with. */
const FAST_EXAMPLE = { scenes: 30, heldOut: 20, steps: 100 } as const;

const exampleOf = ({ fast }: PipelineValues) => fast ? FAST_EXAMPLE : EXAMPLE;

/** Which pictures a pipeline without arguments makes. */
export const examplePictures = (values: PipelineValues): ExamplePictures => ({
  training: values.scenes ?? exampleOf(values).scenes,
  heldOut: values["held-out"] ?? exampleOf(values).heldOut,
  fewPhotos: values.fast,
});

/**
 * What follows the proposals, as the flags of `pipeline` have it.
 *
 * @throws {CliError} exit 2 or 3 when the ground truth cannot be read.
 */
export async function planCourse(
  values: PipelineValues,
  inputs: Inputs,
  example: Example | null,
): Promise<Course> {
  const { memory, tune, overlays, "max-pixels": maxPixels } = values;
  return {
    train: {
      ...initialValues(TRAIN_FLAGS),
      preset: values.segmenter === "none" ? undefined : values.segmenter,
      steps: values["train-steps"] ??
        (values.segmenter === "tiny" ? exampleOf(values).steps : undefined),
      start: startOf(values, example),
      memory,
      tune,
    },
    predict: { ...initialValues(PREDICT_FLAGS), memory, tune, overlays, "max-pixels": maxPixels },
    truth: example?.truth ?? values.truth ?? null,
    noun: example ? "scene" : "picture",
    learnt: example
      ? (image) => isScene(image) && !isHeldOut(image)
      : await notIn(values.truth, inputs),
    predicted: example ? (image) => isHeldOut(image) || !isScene(image) : () => true,
  };
}

/** A short training teaches little by itself: what other scenes taught comes first. */
function startOf({ start, segmenter, fast }: PipelineValues, example: Example | null) {
  if (start !== undefined) return start === "none" ? undefined : start;
  return segmenter === "tiny" && (fast || !example) ? "scenes-tiny" : undefined;
}

/** Pictures that a ground truth does not name. */
async function notIn(truth: string | undefined, { pictures }: Inputs) {
  if (truth === undefined) return () => true;
  const { images } = await readGroundTruth(truth);
  const ids = matchPictures(pictures, images);
  const held = new Set(pictures.filter(({ id }) => ids.has(id)).map(({ image }) => image));
  return (image: string) => !held.has(image);
}

/** What of it decides results. */
export function courseIdentity(course: Course | null): Identity {
  if (course === null) return {};
  const { train: { preset, steps, start }, truth } = course;
  return {
    segmenter: preset ?? "none",
    "train-steps": steps ?? null,
    start: start ?? null,
    truth,
  };
}

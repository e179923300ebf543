import type { SegmenterConfig } from "@fiedler/segmenter";
import { makeSampler, type StepView, targetLevels, type TrainSettings } from "@fiedler/train";
import { StepStream, usualWorkers } from "./step_stream.ts";
import type { TrainingSet } from "./training_set.ts";
import type { StepTask, ViewTaskSettings } from "./training_views.ts";

/** The views of a step, in the order in which it takes them. */
interface StepOfViews {
  readonly views: readonly StepView[];
}

/** Options of {@linkcode openViews}. */
export interface OpenViewsOptions {
  /** The first step, from 0. */
  readonly from: number;
  /** Sides are padded to multiples of this: that of the network. */
  readonly multiple: number;
  /** Colour of the padding. Default that of {@linkcode stepViews}. */
  readonly fill?: readonly [red: number, green: number, blue: number];
  /** Default one less than the processor has threads, from 1 to 6. */
  readonly workers?: number;
  /** Decoded pictures that all workers together keep, in bytes. Default 512 MiB. */
  readonly cacheBytes?: number;
}

/**
 * The views of the steps of a training, from one step to the last, in order. Workers run a few steps
 * ahead. The bytes depend on set, settings and step alone: not on the number of workers, nor on the
 * step at which a process began.
 *
 * To be disposed of, which stops the workers; it happens by itself when a loop over it ends.
 *
 * @throws {CliError} exit 3, from the loop, when a picture cannot be read or is not what it was.
 */
export function openViews(
  set: TrainingSet,
  settings: Pick<TrainSettings, "steps" | "batch" | "seed" | "views">,
  config: Pick<SegmenterConfig, "heads" | "scaleRanges">,
  {
    from,
    multiple,
    fill,
    workers = usualWorkers(),
    cacheBytes = 2 ** 29,
  }: OpenViewsOptions,
): StepStream<StepOfViews> {
  const { steps, batch, seed, views } = settings;
  const batchOf = makeSampler(set.pictures.map(({ size }) => size), { batch, seed });
  const taskOf = (step: number): StepTask => ({
    step,
    pictures: batchOf(step).map((index) => ({ index, picture: set.pictures[index] })),
  });
  const levels = targetLevels(config);
  return new StepStream<StepOfViews>({
    worker: new URL("./training_worker.ts", import.meta.url),
    settings: {
      ...{ seed, views, levels, multiple },
      ...(fill ? { fill } : {}),
      cacheBytes: cacheBytes / workers,
    } satisfies ViewTaskSettings,
    taskOf,
    what: "views",
    ...{ from, to: steps, workers },
  });
}

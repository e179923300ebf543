import { pictureOrder, type PretrainSettings } from "@fiedler/pretrain";
import type { BatchSettings, BatchTask, MadeBatch } from "./pretrain_pictures.ts";
import type { PretrainSource } from "./pretrain_source.ts";
import { StepStream, usualWorkers } from "./step_stream.ts";

/** Options of {@linkcode openBatches}. */
export interface OpenBatchesOptions {
  /** Steps that are behind. */
  readonly from: number;
  /** Default one less than the processor has threads, from 1 to 6. */
  readonly workers?: number;
  /** Pictures that all workers together keep, in bytes. Default 512 MiB. */
  readonly cacheBytes?: number;
}

/**
 * The crops of the steps of a pretraining, from the one behind `from` to the last, in order. Workers
 * run a few steps ahead. The bytes depend on source, settings and step alone: not on the number of
 * workers, nor on the step at which a process began.
 *
 * @throws {CliError} exit 3, from the loop, when a file cannot be read, or not one picture of a step can
 * be decoded.
 */
export function openBatches(
  source: PretrainSource,
  settings: PretrainSettings,
  { from, workers = usualWorkers(), cacheBytes = 2 ** 29 }: OpenBatchesOptions,
): StepStream<MadeBatch> {
  const order = pictureOrder(settings, source.count);
  return new StepStream<MadeBatch>({
    worker: new URL("./pretrain_worker.ts", import.meta.url),
    settings: {
      settings,
      side: source.side,
      cacheBytes: cacheBytes / workers,
    } satisfies BatchSettings,
    taskOf: (step): BatchTask => ({
      step,
      pictures: order(step).map((index) => ({ index, of: source.pictureOf(index) })),
    }),
    what: "crops",
    ...{ from: from + 1, to: settings.steps + 1, workers },
  });
}

import { FormatError, openTensorFile } from "@fiedler/io";
import { readSegmenterFile, segmenterParts, type SegmenterRecord } from "@fiedler/segmenter";
import type { TrainerState } from "@fiedler/train";
import { digestOf, type Moment, type MomentFormat } from "./checkpoints.ts";
import { FileSource } from "./file_source.ts";

/** A moment of a training; steps are counted over all rounds. */
export interface Checkpoint extends Moment {
  /** From 1. */
  readonly round: number;
  /** All that the trainer needs. */
  readonly state: TrainerState;
}

/**
 * Checkpoints that are segmenters, too.
 *
 * @param record what each says of the segmenter.
 */
export const segmenterMoments = (record: SegmenterRecord): MomentFormat<Checkpoint> => ({
  parts({ round, step, state }) {
    const checkpoint = { round, step, sha256: digestOf(state) };
    const training = { ...record.training, checkpoint };
    return segmenterParts({ ...record, training }, state);
  },
  read: readCheckpoint,
});

async function readCheckpoint(path: string, expected: number): Promise<Checkpoint> {
  using source = FileSource.open(path);
  const file = readSegmenterFile(await openTensorFile(source));
  const { checkpoint } = file.training as {
    checkpoint?: Partial<Pick<Checkpoint, "round" | "step"> & { sha256: string }>;
  };
  const state = await file.state();
  if (checkpoint?.sha256 !== digestOf(state)) {
    throw new FormatError("its values do not have the SHA-256 that it states");
  }
  const { round, step } = checkpoint;
  if (step === expected && round !== undefined) return { round, step, state };
  throw new FormatError(`it is of round ${round}, step ${step}`);
}

import { FormatError, openTensorFile } from "@fiedler/io";
import { CheckpointError } from "@fiedler/models";
import { readSegmenterFile, segmenterParts, type SegmenterRecord } from "@fiedler/segmenter";
import type { TrainerState } from "@fiedler/train";
import { createHash } from "node:crypto";
import { type Disk, exists } from "./disk.ts";
import { FileSource } from "./file_source.ts";
import { basename, join } from "./paths.ts";

/** A moment of a training, to go on from. */
export interface Checkpoint {
  /** From 1. */
  readonly round: number;
  /** Updates so far, over all rounds. */
  readonly step: number;
  /** All that the trainer needs. */
  readonly state: TrainerState;
}

/** `checkpoints/`: the last few moments of a training, each file whole or absent. */
export class Checkpoints {
  readonly #folder: string;

  /**
   * @param record what every checkpoint says of the segmenter.
   * @param keep how many stay, the latest.
   */
  constructor(
    private readonly disk: Disk,
    folder: string,
    private readonly record: SegmenterRecord,
    private readonly keep: number,
  ) {
    this.#folder = join(folder, "checkpoints");
  }

  /** Writes a checkpoint, and then removes the oldest. Returns its path. */
  async save({ round, step, state }: Checkpoint): Promise<string> {
    const path = join(this.#folder, `step-${String(step).padStart(6, "0")}.safetensors`);
    const checkpoint = { round, step, sha256: digestOf(state) };
    const training = { ...this.record.training, checkpoint };
    await this.disk.writeWhole(path, segmenterParts({ ...this.record, training }, state));
    const others = (await this.paths()).filter((other) => other !== path);
    const surplus = Math.max(0, others.length + 1 - this.keep);
    for (const old of others.slice(0, surplus)) await this.disk.remove(old);
    return path;
  }

  /** All there are, the earliest first. */
  async paths(): Promise<string[]> {
    if (!await exists(this.#folder)) return [];
    const names = await Array.fromAsync(Deno.readDir(this.#folder), ({ name }) => name);
    return names.filter((name) => NAME.test(name)).sort((a, b) => stepOf(a) - stepOf(b))
      .map((name) => join(this.#folder, name));
  }

  /**
   * The last one that is whole; null when there is none.
   *
   * @param damaged is told of each file that is passed over.
   */
  async latest(
    damaged: (path: string, why: string) => void | Promise<void>,
  ): Promise<Checkpoint | null> {
    for (const path of (await this.paths()).reverse()) {
      try {
        return await readCheckpoint(path);
      } catch (error) {
        if (!(error instanceof FormatError || error instanceof CheckpointError)) throw error;
        await damaged(path, error.message);
      }
    }
    return null;
  }
}

const NAME = /^step-(\d{6,})\.safetensors$/;

const stepOf = (path: string): number => Number(NAME.exec(basename(path))![1]);

/** @throws {FormatError | CheckpointError} when anything is not as it was written. */
async function readCheckpoint(path: string): Promise<Checkpoint> {
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
  if (step === stepOf(path) && round !== undefined) return { round, step, state };
  throw new FormatError(`it is of round ${round}, step ${step}`);
}

/** SHA-256 of all names, shapes and values: a disk that loses bits does not tell. */
function digestOf(state: TrainerState): string {
  const hash = createHash("sha256");
  for (const name of [...state.keys()].sort()) {
    const { shape, values } = state.get(name)!;
    hash.update(`${name} ${shape}\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest("hex");
}

import { FormatError } from "@fiedler/io";
import { CheckpointError } from "@fiedler/models";
import type { TrainerState } from "@fiedler/train";
import { createHash } from "node:crypto";
import { type Content, type Disk, exists } from "./disk.ts";
import { basename, join } from "./paths.ts";

/** A moment of a training, to go on from. */
export interface Moment {
  /** Updates so far. */
  readonly step: number;
}

/** How a moment is kept in a file. */
export interface MomentFormat<M extends Moment> {
  /** The file. */
  parts(moment: M): Content;
  /**
   * The moment of a step in a file.
   *
   * @throws {FormatError | CheckpointError} when anything is not as it was written.
   */
  read(path: string, step: number): Promise<M>;
}

/** `checkpoints/`: the last few moments of a training, each file whole or absent. */
export class Checkpoints<M extends Moment> {
  /** Where they are. */
  readonly folder: string;

  /** @param keep how many stay, the latest. */
  constructor(
    private readonly disk: Disk,
    folder: string,
    private readonly format: MomentFormat<M>,
    private readonly keep: number,
  ) {
    this.folder = join(folder, "checkpoints");
  }

  /** Writes a checkpoint, and then removes the oldest. Returns its path. */
  async save(moment: M): Promise<string> {
    const path = join(this.folder, `step-${stepName(moment.step)}.safetensors`);
    await this.disk.writeWhole(path, this.format.parts(moment));
    const others = (await this.paths()).filter((other) => other !== path);
    const surplus = Math.max(0, others.length + 1 - this.keep);
    for (const old of others.slice(0, surplus)) await this.disk.remove(old);
    return path;
  }

  /** All there are, the earliest first. */
  async paths(): Promise<string[]> {
    if (!await exists(this.folder)) return [];
    const names = await Array.fromAsync(Deno.readDir(this.folder), ({ name }) => name);
    return names.filter((name) => NAME.test(name)).sort((a, b) => stepOf(a) - stepOf(b))
      .map((name) => join(this.folder, name));
  }

  /**
   * The last one that is whole; null when there is none.
   *
   * @param damaged is told of each file that is passed over.
   */
  async latest(
    damaged: (path: string, why: string) => void | Promise<void>,
  ): Promise<M | null> {
    for (const path of (await this.paths()).reverse()) {
      try {
        return await this.format.read(path, stepOf(path));
      } catch (error) {
        if (!(error instanceof FormatError || error instanceof CheckpointError)) throw error;
        await damaged(path, error.message);
      }
    }
    return null;
  }
}

/** A step in the name of a file. */
export const stepName = (step: number): string => String(step).padStart(6, "0");

const NAME = /^step-(\d{6,})\.safetensors$/;

const stepOf = (path: string): number => Number(NAME.exec(basename(path))![1]);

/** SHA-256 of all names, shapes and values: a disk that loses bits does not tell. */
export function digestOf(state: TrainerState): string {
  const hash = createHash("sha256");
  for (const name of [...state.keys()].sort()) {
    const { shape, values } = state.get(name)!;
    hash.update(`${name} ${shape}\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest("hex");
}

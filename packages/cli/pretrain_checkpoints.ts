import { entryToF32, FormatError, openTensorFile, safetensorsParts } from "@fiedler/io";
import type { TrainerState } from "@fiedler/train";
import { Checkpoints, digestOf, type Moment, type MomentFormat, stepName } from "./checkpoints.ts";
import type { Disk } from "./disk.ts";
import { FileSource } from "./file_source.ts";
import type { Identity } from "./identity.ts";
import { join } from "./paths.ts";

const FORMAT = "fiedler-pretraining";

/** A moment of a pretraining. */
export interface PretrainMoment extends Moment {
  /** All that the pretrainer needs. */
  readonly state: TrainerState;
}

/** `checkpoints/`: the last few states, and the encoder of each. */
export class PretrainCheckpoints {
  readonly #states: Checkpoints<PretrainMoment>;

  /** @param keep how many stay, the latest. */
  constructor(private readonly disk: Disk, folder: string, identity: Identity, keep: number) {
    this.#states = new Checkpoints(disk, folder, formatOf(identity), keep);
  }

  /** Writes a state and its encoder, and then removes the oldest. Returns the state's path. */
  async save(moment: PretrainMoment, encoder: Uint8Array): Promise<string> {
    await this.disk.writeWhole(this.#encoderOf(moment.step), encoder);
    const path = await this.#states.save(moment);
    await this.#dropEncoders();
    return path;
  }

  /** The states, the earliest first. */
  paths(): Promise<string[]> {
    return this.#states.paths();
  }

  /** The last state that is whole; null when there is none. See {@linkcode Checkpoints.latest}. */
  latest(
    damaged: (path: string, why: string) => void | Promise<void>,
  ): Promise<PretrainMoment | null> {
    return this.#states.latest(damaged);
  }

  /** Removes encoders without a state. */
  async #dropEncoders(): Promise<void> {
    const states = await this.#states.paths();
    const kept = new Set(states.map((path) => path.slice(path.lastIndexOf("step-") + 5)));
    for await (const { name } of Deno.readDir(this.#states.folder)) {
      const step = /^encoder-(.*)$/.exec(name)?.[1];
      if (step !== undefined && !kept.has(step)) {
        await this.disk.remove(join(this.#states.folder, name));
      }
    }
  }

  #encoderOf(step: number): string {
    return join(this.#states.folder, `encoder-${stepName(step)}.safetensors`);
  }
}

const formatOf = (identity: Identity): MomentFormat<PretrainMoment> => ({
  parts({ step, state }) {
    const entries = [...state].map(([name, { shape, values }]) => {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      return { name, shape, dtype: "F32", read: () => Promise.resolve(bytes) } as const;
    });
    return safetensorsParts(entries, {
      format: FORMAT,
      step: `${step}`,
      sha256: digestOf(state),
      identity: JSON.stringify(identity),
    });
  },
  async read(path, expected) {
    using source = FileSource.open(path);
    const { metadata, tensors } = await openTensorFile(source);
    if (metadata.format !== FORMAT || metadata.step !== `${expected}`) {
      throw new FormatError(`it is ${metadata.format ?? "of no format"}, step ${metadata.step}`);
    }
    const state = new Map<
      string,
      { shape: readonly number[]; values: Float32Array<ArrayBuffer> }
    >();
    for (const [name, entry] of tensors) {
      state.set(name, { shape: entry.shape, values: await entryToF32(entry) });
    }
    if (metadata.sha256 === digestOf(state)) return { step: expected, state };
    throw new FormatError("its values do not have the SHA-256 that it states");
  },
});

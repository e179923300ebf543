import {
  type MaeSettings,
  type PretrainBatch,
  Pretrainer,
  type PretrainReport,
} from "@fiedler/pretrain";
import type { TrainerState } from "@fiedler/train";
import type { Bench } from "./engine.ts";

/** What pretrains, on the device that it was made on. */
interface Classroom {
  readonly bench: Bench;
  readonly trainer: Pretrainer;
}

/** A masked autoencoder in training, from step to step, on whatever device there is. */
export class MaeCourse {
  /** Schedules read the steps anew with each one. */
  readonly #settings: MaeSettings & { steps: number };
  #room: Classroom | null = null;
  #step = 0;
  #kept: { readonly step: number; readonly state: TrainerState } | null = null;

  constructor(settings: MaeSettings) {
    this.#settings = { ...settings };
  }

  /** Steps that are done. */
  get done(): number {
    return this.#step;
  }

  /** Steps in all, over which the rate falls. */
  get steps(): number {
    return this.#settings.steps;
  }

  set steps(steps: number) {
    this.#settings.steps = Math.max(this.#step + 1, steps);
  }

  /**
   * The next steps, which are waited for together. On another device than the last ones they come
   * after those whose results {@linkcode snapshot} kept.
   *
   * @throws {DivergedError} when a loss or a gradient is not finite.
   */
  async run(bench: Bench, batches: readonly PretrainBatch[]): Promise<PretrainReport[]> {
    const trainer = this.#enter(bench);
    const first = this.#step + 1;
    this.steps = Math.max(this.steps, this.#step + batches.length);
    batches.forEach((batch, i) => trainer.step(batch, first + i));
    const reports = await trainer.report();
    this.#step += batches.length;
    return reports;
  }

  /**
   * The encoder as it is, as a file that `recognise` reads. From here a course goes on whose device
   * is lost.
   */
  async snapshot(bench: Bench): Promise<Uint8Array<ArrayBuffer>> {
    const trainer = this.#enter(bench);
    const { batch, seed } = this.#settings;
    const file = await trainer.encoderFile("F16", {
      trained_on: "procedural scenes",
      software: "fiedler demo",
      ...{ step: `${this.#step}`, batch: `${batch}`, seed: `${seed}` },
    });
    this.#kept = { step: this.#step, state: await trainer.state() };
    return file;
  }

  /** Gives back what it has on the device. */
  free(): void {
    this.#room?.trainer.free();
    this.#room = null;
  }

  /** Starts on a device, or goes on there from what was kept. */
  #enter(bench: Bench): Pretrainer {
    if (this.#room?.bench === bench) return this.#room.trainer;
    const trainer = new Pretrainer(bench.gpu, this.#settings, { state: this.#kept?.state });
    this.#room = { bench, trainer };
    this.#step = this.#kept?.step ?? 0;
    return trainer;
  }
}

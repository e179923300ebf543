import type { Gpu, Tensor } from "@fiedler/gpu";
import { Tape, type TrainerState } from "@fiedler/train";
import type { PretrainBatch } from "./batch.ts";
import { encoderBytes } from "./encoder_file.ts";
import { behind, makeObjective, type Objective } from "./objective.ts";
import { PretrainOptimiser } from "./optimiser.ts";
import type { NamedTensor } from "./parameters.ts";
import { pretrainRate } from "./schedule.ts";
import type { PretrainSettings } from "./settings.ts";
import { readTensors, writeTensors } from "./state.ts";

/** What a step did. */
export interface PretrainReport {
  /** From 1 on. */
  readonly step: number;
  /** Learning rate. */
  readonly rate: number;
  /** Before the update. */
  readonly loss: number;
  /** Of all gradients together, before clipping. */
  readonly gradientNorm: number;
  /**
   * Of self-distillation, in nats: `teacherEntropy`, the mean entropy of the teacher's assignments,
   * and `meanEntropy`, the entropy of their mean, which falls when all crops look alike.
   */
  readonly monitors: Readonly<Record<string, number>>;
}

/** A step gave values that are no numbers. */
export class DivergedError extends Error {
  /** `"DivergedError"`: the rate is too high, or the start or a picture is damaged. */
  override readonly name = "DivergedError";

  /** An error that says what to do. */
  constructor(
    /** The first such step. */
    readonly step: number,
    loss: number,
    gradientNorm: number,
  ) {
    super(
      `step ${step}: the loss is ${loss} and the norm of its gradient ${gradientNorm}; such a step ` +
        "changes nothing, but later ones may have. Lower the learning rate, and continue from a " +
        "state before it",
    );
  }
}

/** Steps that may be recorded before their numbers are read. */
const MOST_UNREAD = 256;

interface Unread {
  readonly step: number;
  readonly rate: number;
  readonly names: readonly string[];
  /** `[1]` f32: loss, norm, then the monitors of `names`. */
  readonly values: readonly Tensor[];
}

/**
 * Trains a vision transformer without labels, from a new start or a state. The same settings, batches
 * and state give the same bits on one adapter.
 *
 * ```ts
 * import { Gpu } from "@fiedler/gpu";
 * import { MAE_TINY, pretrainBatch, Pretrainer, scenePicture } from "@fiedler/pretrain";
 * import assert from "node:assert/strict";
 *
 * const crops = [{ size: 16, area: [0.5, 1], colours: null }] as const;
 * const settings = { ...MAE_TINY, crops, batch: 2, steps: 10 };
 * const gpu = await Gpu.open();
 * const trainer = new Pretrainer(gpu, settings);
 * const pictures = [0, 1].map((index) => scenePicture("mae", { seed: 1, index, size: 32 }));
 * trainer.step(pretrainBatch(settings, pictures, 1), 1);
 * const [{ loss }] = await trainer.report();
 * assert.ok(loss > 0.5 && loss < 2);
 * gpu.close();
 * ```
 */
export class Pretrainer {
  readonly #gpu: Gpu;
  readonly #settings: PretrainSettings;
  readonly #objective: Objective;
  readonly #optimiser: PretrainOptimiser;
  readonly #unread: Unread[] = [];

  /**
   * Makes the networks.
   *
   * @param options `state` of {@linkcode Pretrainer.state}, default: a new course; for that `encoder`,
   * what the encoder starts as, by timm's names but as it trains: matrices `[from, to]`.
   * @throws {CheckpointError} when state or encoder are of other networks.
   * @throws {RangeError} for settings that exclude each other.
   */
  constructor(
    gpu: Gpu,
    settings: PretrainSettings,
    { state, encoder }: { readonly state?: TrainerState; readonly encoder?: TrainerState } = {},
  ) {
    this.#gpu = gpu;
    this.#settings = settings;
    this.#objective = makeObjective(gpu, settings);
    this.#optimiser = new PretrainOptimiser(gpu, settings.optimiser, this.#objective.parameters);
    try {
      if (state) writeTensors(gpu, this.#tensors, state);
      else if (encoder) this.#start(encoder);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /**
   * One update of the parameters, recorded and submitted; waits for nothing. Its numbers are read by
   * {@linkcode report}, which keeps the GPU from falling far behind: call it every few steps.
   *
   * @param batch of `pretrainBatch`.
   * @param step its number, from 1 on: decides masks, rate and the teacher's numbers.
   * @throws {RangeError} for a step that is none of the course, or when 256 were not yet reported.
   * @throws {ShapeError} when the crops are not those of the settings.
   */
  step(batch: PretrainBatch, step: number): void {
    if (this.#unread.length >= MOST_UNREAD) {
      throw new RangeError(
        `Pretrainer.step: ${MOST_UNREAD} steps were not reported; call report() now and then`,
      );
    }
    const gpu = this.#gpu;
    const rate = pretrainRate(this.#settings, step);
    const values = gpu.scope(() => {
      const { parameters } = this.#objective;
      const moved = parameters.filter((parameter) => this.#objective.stepOf(parameter, step) > 0);
      const tape = new Tape(gpu, moved.map(({ tensor }) => tensor));
      const { loss, roots, monitors } = this.#objective.loss(tape, batch, step);
      const gradients = tape.backward(roots);
      const stepOf = (parameter: NamedTensor) => this.#objective.stepOf(parameter, step);
      const norm = this.#optimiser.update(gradients, rate, stepOf);
      this.#objective.follow(step);
      return { loss, norm, monitors };
    });
    const { loss, norm, monitors } = values;
    const names = Object.keys(monitors);
    this.#unread.push({ step, rate, names, values: [loss, norm, ...Object.values(monitors)] });
    gpu.submit(); // the GPU computes while the next crops are made
  }

  /**
   * Reads what the steps since the last call did, with one wait.
   *
   * @throws {DivergedError} when a loss or a gradient was not finite.
   */
  async report(): Promise<PretrainReport[]> {
    const unread = this.#unread.splice(0);
    if (unread.length === 0) return [];
    const tensors = unread.flatMap(({ values }) => values);
    try {
      const numbers = (await this.#gpu.readAll(tensors)).map(([value]) => value);
      return unread.map(({ step, rate, names, values }) => {
        const [loss, gradientNorm, ...rest] = numbers.splice(0, values.length);
        if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
          throw new DivergedError(step, loss, gradientNorm);
        }
        const monitors = Object.fromEntries(names.map((name, i) => [name, rest[i]]));
        return { step, rate, loss, gradientNorm, monitors };
      });
    } finally {
      this.#gpu.free(...tensors);
    }
  }

  /**
   * All that a later {@linkcode Pretrainer} needs to go on as this one would, bit for bit, but for the
   * number of the next step.
   */
  state(): Promise<TrainerState> {
    return readTensors(this.#gpu, this.#tensors);
  }

  /**
   * The encoder, of self-distillation the teacher's, as a safetensors file under timm's names that
   * `recognise` reads: no step, no optimiser.
   *
   * @param dtype of the file. Default `"F16"`, as the embedded models have it.
   * @param metadata more of it, say where the pictures came from.
   */
  async encoderFile(
    dtype: "F16" | "F32" = "F16",
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { kind, model: { encoder } } = this.#settings;
    const arrays = await readTensors(this.#gpu, this.#objective.encoder);
    return encoderBytes(arrays, encoder, dtype, { ...metadata, objective: kind });
  }

  /** Gives back all parameters and what the optimiser remembers. */
  free(): void {
    const { parameters, followers } = this.#objective;
    this.#gpu.free(...[...parameters, ...followers].map(({ tensor }) => tensor));
    this.#gpu.free(...this.#unread.splice(0).flatMap(({ values }) => values));
    this.#optimiser.free();
  }

  #start(encoder: TrainerState): void {
    const { parameters, followers } = this.#objective;
    for (const part of [behind("encoder.", parameters), behind("teacher.encoder.", followers)]) {
      if (part.length > 0) writeTensors(this.#gpu, part, encoder);
    }
  }

  get #tensors(): NamedTensor[] {
    const { parameters, followers } = this.#objective;
    return [...parameters, ...followers, ...this.#optimiser.memory];
  }
}

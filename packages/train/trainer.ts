import { type Gpu, GpuMemoryError } from "@fiedler/gpu";
import { ALL_FINITE } from "@fiedler/kernels/training";
import type { MapSource, NamedParameter, Network } from "@fiedler/segmenter";
import { LOGITS_BYTES, readTerms } from "./losses.ts";
import { expectStep, factorsAt, rateAt } from "./schedule.ts";
import type { TrainSettings } from "./settings.ts";
import { type StepPlan, stepPlan } from "./step_plan.ts";
import type { StepView } from "./step_view.ts";
import { LOSS_TERMS, type LossTerms, weightedTotal } from "./terms.ts";
import { NotFiniteError } from "./trainer_errors.ts";
import { FrozenMaps } from "./trainer_maps.ts";
import { Optimiser } from "./trainer_optimiser.ts";
import { readState, type TrainerState, writeState } from "./trainer_state.ts";
import { freeGradients, recordStep, type StepGradients } from "./trainer_step.ts";

/** What {@linkcode Trainer} trains, on what, and how. */
export interface TrainerOptions {
  /** Its parameters are changed in place. */
  readonly network: Network;
  /** What the network sees; frozen. */
  readonly source: MapSource;
  /** Of the whole course. */
  readonly settings: TrainSettings;
  /** Of {@linkcode Trainer.state}: overwrites the parameters too. Default: a new course. */
  readonly state?: TrainerState;
  /** Bytes of GPU memory for maps of views that repeat. Default 0: none are kept. */
  readonly keepMapsBytes?: number;
  /**
   * Bytes of mask logits that are held at once: losses of more are computed in parts, which changes
   * results by rounding alone. Default 64 MiB, our choice.
   */
  readonly logitsBytes?: number;
}

/** What a step did. */
export interface StepReport {
  /** From 1 on. */
  readonly step: number;
  /** Learning rate. */
  readonly rate: number;
  /** Before their factors; null where a term has factor 0, or the step nothing to hold it against. */
  readonly terms: LossTerms & {
    /** Times their factors: what is minimised. */
    readonly total: number;
  };
  /** Before clipping; null where nothing is clipped. */
  readonly gradientNorm: number | null;
  /** Cells that show something. */
  readonly positives: number;
  /** Pairs of a cell and a mask. */
  readonly entries: number;
  /** Views of the step. */
  readonly views: number;
  /** Those without an entry. */
  readonly emptyViews: number;
}

/**
 * Trains the heads of a segmenter on frozen feature maps.
 *
 * The same views and the same state give the same bits. How many views go through the network together
 * changes results by rounding alone.
 */
export class Trainer {
  readonly #gpu: Gpu;
  readonly #options: TrainerOptions;
  readonly #maps: FrozenMaps;
  readonly #optimiser: Optimiser;

  /**
   * Makes what the optimiser remembers.
   *
   * @throws {CheckpointError} when the state is of another network or optimiser.
   * @throws {RangeError} for settings that exclude each other.
   */
  constructor(gpu: Gpu, options: TrainerOptions) {
    this.#gpu = gpu;
    this.#options = options;
    const { network, source, settings, state, keepMapsBytes = 0 } = options;
    if (settings.views.zoom && settings.loss.pairwise > 0) {
      throw new RangeError("Trainer: colours are not compared in zoomed views: set one to none");
    }
    this.#maps = new FrozenMaps(gpu, source, keepMapsBytes);
    this.#optimiser = new Optimiser(gpu, settings.optimiser, network.parameters);
    try {
      if (state) writeState(gpu, this.#tensors, state);
    } catch (error) {
      this.#optimiser.free();
      throw error;
    }
  }

  /**
   * One update of the parameters. Waits for the GPU once, between the gradients and the update, so
   * that gradients that are not finite change nothing.
   *
   * @param views of the step, in the order of their sums; at least one.
   * @param step its number, from 1 on: decides the rate, and the factor of the pairs.
   * @throws {NotFiniteError} when a term or a gradient is not finite; nothing was changed.
   * @throws {GpuMemoryError} with what to lower; nothing was changed.
   * @throws {RangeError} when a view does not fit the network.
   */
  async step(views: readonly StepView[], step: number): Promise<StepReport> {
    expectStep("Trainer.step", step);
    const { network: { config: { heads } }, settings } = this.#options;
    const plan = stepPlan(views, { heads, together: settings.together });
    try {
      return await this.#run(views, plan, step);
    } catch (error) {
      throw error instanceof GpuMemoryError ? withAdvice(error, views, plan, step) : error;
    }
  }

  /** All that a later {@linkcode Trainer} needs to go on as this one would, bit for bit. */
  state(): Promise<TrainerState> {
    return readState(this.#gpu, this.#tensors);
  }

  /** Gives back kept maps and what the optimiser remembers, but not the parameters. */
  free(): void {
    this.#maps.free();
    this.#optimiser.free();
  }

  get #tensors(): NamedParameter[] {
    return [...this.#options.network.parameters, ...this.#optimiser.memory];
  }

  async #run(views: readonly StepView[], plan: StepPlan, step: number): Promise<StepReport> {
    const gpu = this.#gpu;
    const { network, settings, logitsBytes = LOGITS_BYTES } = this.#options;
    const context = { gpu, network, settings, logitsBytes, maps: this.#maps };
    const found = await recordStep(context, views, plan, step);
    try {
      const { terms, gradientNorm } = await this.#read(found, views, step);
      const rate = rateAt(settings, step);
      this.#optimiser.update(found.gradients, step, rate);
      gpu.submit(); // the GPU updates while the next step is prepared
      const total = weightedTotal(terms, factorsAt(settings.loss, step));
      const { positives, entries, emptyViews } = plan;
      const counts = { positives, entries, views: views.length, emptyViews };
      return { step, rate, terms: { ...terms, total }, gradientNorm, ...counts };
    } finally {
      freeGradients(gpu, found);
    }
  }

  /** The one readback of a step. */
  async #read(
    { terms: parts, values, notFinite, norm }: StepGradients,
    views: readonly StepView[],
    step: number,
  ): Promise<{ readonly terms: LossTerms; readonly gradientNorm: number | null }> {
    const { network: { parameters }, settings } = this.#options;
    const floats = norm ? [...values, norm] : values;
    const [flags, ...read] = await this.#gpu.readAll([notFinite, ...floats]);
    const terms = readTerms(parts, read, factorsAt(settings.loss, step));
    const gradientNorm = norm ? read[values.length][0] : null;
    const wrongTerms = LOSS_TERMS.filter((term) => !Number.isFinite(terms[term] ?? 0));
    const wrong = parameters.filter((_, i) => flags[i] !== ALL_FINITE);
    if (wrongTerms.length + wrong.length > 0 || !Number.isFinite(gradientNorm ?? 0)) {
      const names = wrong.map(({ plan }) => plan.name);
      throw new NotFiniteError(step, wrongTerms, names, views.map(({ picture }) => picture));
    }
    return { terms, gradientNorm };
  }
}

function withAdvice(
  error: GpuMemoryError,
  views: readonly StepView[],
  { chunks, entries }: StepPlan,
  step: number,
): GpuMemoryError {
  const most = Math.max(...chunks.map(({ views }) => views.length));
  const sizes = views.map(({ padded }) => padded).sort((a, b) => b[0] * b[1] - a[0] * a[1]);
  const lower = most > 1 ? "fewer views together, " : "";
  return new GpuMemoryError(
    `step ${step}, up to ${most} views of ${sizes[0].join(" × ")} pixels together, ` +
      `${entries} entries: ${error.message}; try ${lower}smaller pictures, fewer mask logits at once, or maps that are not kept`,
    { cause: error },
  );
}

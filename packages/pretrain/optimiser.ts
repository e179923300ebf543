import type { Gpu, Tensor } from "@fiedler/gpu";
import { adamWClipped, globalNorm } from "@fiedler/kernels/training";
import type { Gradients } from "@fiedler/train";
import type { NamedTensor } from "./parameters.ts";

/** AdamW, its schedule, and how far gradients are clipped. */
export interface PretrainOptimiserSettings {
  /** Largest learning rate. */
  readonly rate: number;
  /** Steps of the linear warm-up. */
  readonly warmUp: number;
  /** Share of a parameter that a step of rate 1 takes away; not of biases and norms. */
  readonly weightDecay: number;
  /** Shares of the running means that stay. */
  readonly betas: readonly [number, number];
  /** Largest norm of all gradients together. */
  readonly clip: number;
}

interface Memory {
  readonly mean: Tensor;
  readonly square: Tensor;
}

/** AdamW on gradients that are clipped together, without a readback. */
export class PretrainOptimiser {
  readonly #memory: ReadonlyMap<NamedTensor, Memory>;

  /** Remembers nothing yet: zeros. */
  constructor(
    private readonly gpu: Gpu,
    private readonly settings: PretrainOptimiserSettings,
    parameters: readonly NamedTensor[],
  ) {
    this.#memory = new Map(
      parameters.map((parameter) => {
        const zeros = () => gpu.zeros(parameter.plan.shape);
        return [parameter, { mean: zeros(), square: zeros() }];
      }),
    );
  }

  /** What is remembered, under `optimiser.mean.` or `optimiser.square.` + the parameter's name. */
  get memory(): NamedTensor[] {
    return [...this.#memory].flatMap(([{ plan }, memory]) =>
      (["mean", "square"] as const).map((slot) => ({
        plan: { ...plan, name: `optimiser.${slot}.${plan.name}` },
        tensor: memory[slot],
      }))
    );
  }

  /**
   * Changes the parameters in place; nothing where a gradient is infinite or no number.
   *
   * @param gradients of the parameters; one without a gradient stays as it is.
   * @param rate of the step.
   * @param stepOf how many steps a parameter has had, this one included.
   * @returns `[1]` f32, the norm of all gradients before clipping.
   */
  update(
    gradients: Gradients,
    rate: number,
    stepOf: (parameter: NamedTensor) => number,
  ): Tensor {
    const { gpu, settings: { betas, clip: limit, weightDecay: pull } } = this;
    const moved = [...this.#memory].filter(([{ tensor }]) => gradients.has(tensor));
    const norm = globalNorm(gpu, moved.map(([{ tensor }]) => gradients.get(tensor)!));
    for (const [parameter, memory] of moved) {
      const { plan, tensor } = parameter;
      const state = { parameter: tensor, gradient: gradients.get(tensor)!, ...memory };
      const weightDecay = plan.decays ? pull : 0;
      const step = stepOf(parameter);
      adamWClipped(gpu, state, { rate, step, betas, weightDecay, norm, limit });
    }
    return norm;
  }

  /** Gives back what is remembered. */
  free(): void {
    this.gpu.free(...this.memory.map(({ tensor }) => tensor));
  }
}

import type { Gpu, Tensor } from "@fiedler/gpu";
import { adamW, sgd } from "@fiedler/kernels/training";
import type { NamedParameter } from "@fiedler/segmenter";
import type { OptimiserSettings } from "./settings.ts";
import type { Gradients } from "./tape.ts";

/** What each kind of optimiser remembers of a parameter. */
const SLOTS = { sgd: ["velocity"], adamw: ["mean", "square"] } as const;

type Slot = typeof SLOTS[keyof typeof SLOTS][number];

/** SGD with momentum or AdamW, with what it remembers of each parameter. */
export class Optimiser {
  readonly #slots: ReadonlyMap<NamedParameter, Partial<Record<Slot, Tensor>>>;

  /** Remembers nothing yet: zeros. */
  constructor(
    private readonly gpu: Gpu,
    private readonly settings: OptimiserSettings,
    parameters: readonly NamedParameter[],
  ) {
    this.#slots = new Map(
      parameters.map((parameter) => {
        const tensors = SLOTS[settings.kind].map((slot) => [slot, gpu.zeros(parameter.plan.shape)]);
        return [parameter, Object.fromEntries(tensors)];
      }),
    );
  }

  /** What is remembered, under `optimiser.` + what it is + the parameter's name. */
  get memory(): NamedParameter[] {
    return [...this.#slots].flatMap(([{ plan }, slots]) =>
      Object.entries(slots).map(([slot, tensor]) => ({
        plan: { ...plan, name: `optimiser.${slot}.${plan.name}` },
        tensor,
      }))
    );
  }

  /**
   * Changes the parameters in place; allocates nothing.
   *
   * @param gradients of all of them.
   * @param step from 1 on.
   * @param rate of the step.
   */
  update(gradients: Gradients, step: number, rate: number): void {
    const { gpu, settings: { kind, momentum, weightDecay: pull } } = this;
    for (const [{ plan, tensor: parameter }, slots] of this.#slots) {
      const { velocity, mean, square } = slots as Record<Slot, Tensor>;
      const gradient = gradients.get(parameter)!;
      const weightDecay = plan.decays ? pull : 0;
      if (kind === "sgd") {
        sgd(gpu, { parameter, gradient, velocity }, { rate, momentum, weightDecay });
      } else {
        adamW(gpu, { parameter, gradient, mean, square }, { rate, step, weightDecay });
      }
    }
  }

  /** Gives back what is remembered. */
  free(): void {
    this.gpu.free(...this.memory.map(({ tensor }) => tensor));
  }
}

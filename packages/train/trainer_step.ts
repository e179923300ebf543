import type { Gpu, Tensor } from "@fiedler/gpu";
import { clipToNorm, firstNotFinite } from "@fiedler/kernels/training";
import type { Network } from "@fiedler/segmenter";
import { tapeLayers } from "./layers.ts";
import { chunkLosses, type PartialTerms, termTensors } from "./losses.ts";
import { targetTensors, uploadTargets } from "./losses_targets.ts";
import { factorsAt } from "./schedule.ts";
import type { TrainSettings } from "./settings.ts";
import type { StepPlan } from "./step_plan.ts";
import type { StepView } from "./step_view.ts";
import { type Gradients, Tape } from "./tape.ts";
import type { FrozenMaps } from "./trainer_maps.ts";

/** What a step runs on. */
export interface StepContext {
  readonly gpu: Gpu;
  readonly network: Network;
  readonly maps: FrozenMaps;
  readonly settings: TrainSettings;
  /** Of mask logits that are held at once. */
  readonly logitsBytes: number;
}

/** The gradients of a step, with what is to be read before they are used. */
export interface StepGradients {
  /** Of all parameters, clipped; zero where the loss of this step does not depend on one. */
  readonly gradients: Gradients;
  /** Parts of its terms, */
  readonly terms: readonly PartialTerms[];
  /** and their values on the GPU. */
  readonly values: readonly Tensor[];
  /** `[parameters]` u32 of `firstNotFinite`. */
  readonly notFinite: Tensor<"u32">;
  /** `[1]` f32, before clipping; null where nothing is clipped. */
  readonly norm: Tensor | null;
}

/**
 * Runs the network forth and back over all views of a step, chunk by chunk, and adds up what they say.
 *
 * @param step from 1 on.
 * @returns what {@linkcode freeGradients} gives back.
 */
export async function recordStep(
  context: StepContext,
  views: readonly StepView[],
  plan: StepPlan,
  step: number,
): Promise<StepGradients> {
  const { gpu, maps, network, settings, logitsBytes } = context;
  const factors = factorsAt(settings.loss, step);
  const targets = uploadTargets(gpu, views, plan, settings.loss);
  const gradients: Gradients = new Map();
  const terms: PartialTerms[] = [];
  try {
    for (const chunk of targets) {
      const inputs = await maps.of(chunk.plan.views.map((i) => views[i]));
      try {
        const found = gpu.scope(() => {
          const tape = new Tape(gpu, network.parameters.map(({ tensor }) => tensor));
          const output = network.forward(tapeLayers(tape), inputs);
          const { terms, roots } = chunkLosses(tape, output, chunk, { plan, factors, logitsBytes });
          tape.backward(roots, gradients);
          return { terms, gradients };
        });
        terms.push(found.terms);
      } finally {
        gpu.free(...inputs);
      }
      gpu.submit(); // the GPU computes while the next chunk is recorded
    }
    return { gradients, terms, values: termTensors(terms), ...checks(context, gradients) };
  } catch (error) {
    gpu.free(...gradients.values(), ...termTensors(terms));
    throw error;
  } finally {
    gpu.free(...targets.flatMap(targetTensors));
  }
}

/** What tells whether the gradients may be used; clips them. */
function checks(
  { gpu, network, settings: { optimiser: { clip } } }: StepContext,
  gradients: Gradients,
): Pick<StepGradients, "notFinite" | "norm"> {
  for (const { tensor } of network.parameters) {
    if (!gradients.has(tensor)) gradients.set(tensor, gpu.zeros(tensor.shape));
  }
  const all = network.parameters.map(({ tensor }) => gradients.get(tensor)!);
  return gpu.scope(() => ({
    notFinite: firstNotFinite(gpu, all),
    norm: clip === null ? null : clipToNorm(gpu, all, clip),
  }));
}

/** Gives back all of {@linkcode recordStep}. */
export function freeGradients(gpu: Gpu, step: StepGradients): void {
  const { gradients, values, notFinite, norm } = step;
  gpu.free(...gradients.values(), ...values, notFinite, ...norm ? [norm] : []);
}

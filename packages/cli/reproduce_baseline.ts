import { usage } from "./args.ts";
import type { OpenEngine } from "./engine.ts";
import { loadExtractors } from "./extractors.ts";
import { openEngine } from "./open_engine.ts";
import type { Plan } from "./plan.ts";
import type { StudyModel } from "./reproduce_models.ts";

/** The extractor that stands in the plan of a baseline, whose patches are of its size. */
export const STAND_IN = "mae-tiny";

/** Whether an extractor is a baseline: without weights, defined by its name and our version. */
export const isBaseline = ({ sha256 }: StudyModel): boolean => sha256 === "";

/** A plan made for {@linkcode STAND_IN}, as one for a baseline. */
export function planOfBaseline(plan: Plan, { name, title }: StudyModel): Plan {
  if (plan.saliencyModel === plan.model) {
    throw usage("a baseline has no saliency of its own", `--models ${name}`, "use DINO's");
  }
  return {
    ...plan,
    model: { ...plan.model, name, title, sha256: "" },
    identity: { ...plan.identity, model: name, "model sha256": "" },
  };
}

/** Engines whose first model is a baseline; memory is planned as for {@linkcode STAND_IN}. */
export const baselineEngine = (baseline: StudyModel): OpenEngine => (settings) =>
  openEngine(settings, async (gpu, wanted) => {
    const { saliencyModel: second, centre } = wanted;
    const model = await baseline.load(gpu);
    if (second === null) return { model, saliencyModel: null };
    const { model: saliencyModel } = await loadExtractors(gpu, {
      model: second,
      saliencyModel: null,
      centre,
    });
    return { model, saliencyModel };
  });

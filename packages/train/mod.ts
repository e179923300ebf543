/**
 * Training: the tape that turns pairs of forward and backward kernels into gradients.
 *
 * @module
 */
export {
  STRONG_VIEW,
  strongView,
  type StrongViewSettings,
  weakView,
  type WeakViewOptions,
} from "./augment.ts";
export type { ColourJitter } from "./augment_colour.ts";
export type { Erasing } from "./augment_erase.ts";
export { copyPaste, type CopyPasted, type CopyPasteOptions } from "./copy_paste.ts";
export {
  add,
  addCoordinates,
  conv,
  deconv,
  doubleNearest,
  groupNormRelu,
  planes,
  resizeBilinear,
  subsample,
  tapeLayers,
  view,
} from "./layers.ts";
export { concatRows, dynamicConv, gatherRows } from "./layers_masks.ts";
export { makeSampler, type SamplerOptions } from "./sampler.ts";
export { factorsAt, rateAt } from "./schedule.ts";
export {
  type LossSettings,
  type OptimiserSettings,
  PAPER_TRAINING,
  REDUCED_TRAINING,
  TINY_TRAINING,
  type TrainSettings,
  type ViewSettings,
  type ZoomSettings,
} from "./settings.ts";
export { factoredTerms, type LossTerm, type LossTerms } from "./terms.ts";
export type { StepView } from "./step_view.ts";
export { type Backward, type Gradients, type RecordOptions, Tape } from "./tape.ts";
export {
  assignTargets,
  type LevelTargets,
  SOLO_LEVELS,
  type TargetLevel,
  type TargetOptions,
  type Targets,
} from "./targets.ts";
export type { Instance, TrainingView } from "./targets_view.ts";
export { type StepViewOptions, stepViews, targetLevels } from "./views.ts";
export { type StepReport, Trainer, type TrainerOptions } from "./trainer.ts";
export { NotFiniteError } from "./trainer_errors.ts";
export { trainingBytes, type TrainingBytesOptions } from "./trainer_memory.ts";
export { parametersOf, type TrainerState } from "./trainer_state.ts";

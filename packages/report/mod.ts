/**
 * What a run looks like: overlays, colours and the HTML report. Strings and bytes, no files.
 *
 * @module
 */

export { alignColours } from "./align.ts";
export { CLUSTER_COLOURS, cyclic, DIVERGING, hex, MASK_COLOURS, type Rgb } from "./colour.ts";
export { contour } from "./contour.ts";
export type {
  DropReason,
  MaskRecord,
  PanelRecord,
  PictureFlag,
  PictureRecord,
  SkipRecord,
} from "@fiedler/pipeline";
export { type EvaluationReport, renderEvaluation } from "./evaluation.ts";
export { bytes, count, duration, percent, plural, significant } from "./format.ts";
export { gainSentence } from "./gain_words.ts";
export type { ReportInput, ReportPicture, RunSummary } from "./input.ts";
export { overlay, type OverlayImage, type OverlayMask, type OverlayOptions } from "./overlay.ts";
export { renderPretraining } from "./pretraining.ts";
export type { PretrainingStep, PretrainingSummary } from "./pretraining_input.ts";
export { renderReport } from "./report.ts";
export { renderStudy, type StudyReport } from "./study.ts";
export { renderTraining } from "./training.ts";
export type {
  GainNumbers,
  GainPicture,
  GainSummary,
  PredictionSummary,
  ScoredMask,
  TrainingStep,
  TrainingSummary,
} from "./training_input.ts";
export { dropWords, FLAG_WORDS, RULE_WORDS, RULES } from "./words.ts";

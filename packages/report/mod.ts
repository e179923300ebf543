/**
 * What a run looks like: overlays, colours and the HTML report. Strings and bytes, no files.
 *
 * @module
 */

export { CLUSTER_COLOURS, DIVERGING, MASK_COLOURS, type Rgb } from "./colour.ts";
export type {
  DropReason,
  MaskRecord,
  PanelRecord,
  PictureFlag,
  PictureRecord,
  SkipRecord,
} from "../pipeline/record.ts";
export { type EvaluationReport, renderEvaluation } from "./evaluation.ts";
export { gainSentence } from "./gain_words.ts";
export type { ReportInput, ReportPicture, RunSummary } from "./input.ts";
export { overlay, type OverlayImage, type OverlayMask, type OverlayOptions } from "./overlay.ts";
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
export { dropWords, FLAG_WORDS } from "./words.ts";

/**
 * What is known of a course of training, of what it predicts, and of what it gained: plain data.
 *
 * @module
 */

import type { CocoRle, Metrics } from "@fiedler/coco";
import type { RunSummary } from "./input.ts";

/** One update of the parameters. Terms stand times their factors, so that they add up. */
export interface TrainingStep {
  /** From 1, counted on through all rounds. */
  readonly step: number;
  /** Learning rate. */
  readonly rate: number;
  /** Focal loss of the cells; null, like every term, where there was nothing to compute it from. */
  readonly category: number | null;
  /** Dice of the maxima of columns and rows. */
  readonly maxProjection: number | null;
  /** Dice of their means. */
  readonly meanProjection: number | null;
  /** Pairs of pixels of alike colour. */
  readonly pairwise: number | null;
  /** Dice of the pixels. */
  readonly dice: number | null;
  /** The sum of the terms: what is minimised. */
  readonly total: number | null;
  /** Norm of the gradient before it is clipped; null where it is not measured. */
  readonly gradientNorm: number | null;
}

/** A course of training. */
export interface TrainingSummary {
  /** Name of the run. */
  readonly title: string;
  /** The command line that trained. */
  readonly command: string;
  /** Version of Fiedler. */
  readonly version: string;
  /** Name of the preset. */
  readonly preset: string;
  /** Name of the frozen backbone. */
  readonly backbone: string;
  /** The part that trains, in a few words: `SOLOv2 with 5 levels`. */
  readonly network: string;
  /** Updates so far, over all rounds. */
  readonly stepsDone: number;
  /** Updates planned in each round; a later round learns from what the one before predicts. */
  readonly roundSteps: readonly number[];
  /** Pictures that were learnt from. */
  readonly pictures: number;
  /** Masks in them. */
  readonly instances: number;
  /** Pictures that were not learnt from. */
  readonly dropped: readonly { readonly reason: string; readonly pictures: number }[];
  /** Seconds that training took, over all sessions. */
  readonly seconds: number;
  /** The graphics adapter that computed. */
  readonly adapter: RunSummary["adapter"];
  /** Every setting in effect, with its source. */
  readonly settings: RunSummary["options"];
  /** One entry a step, in their order; may be empty. */
  readonly metrics: readonly TrainingStep[];
}

/** A mask at the size of its picture, with its score. */
export interface ScoredMask {
  /** The higher, the surer. */
  readonly score: number;
  /** Run lengths. */
  readonly mask: CocoRle;
}

/** What a trained segmenter found in the pictures of the run. */
export interface PredictionSummary {
  /** Pictures it looked at. */
  readonly pictures: number;
  /** Objects it found in them. */
  readonly detections: number;
  /** Detections by score, in bins of equal width from 0 to 1; may be empty. */
  readonly scores: readonly number[];
  /** Every option in effect, with its source. */
  readonly options: RunSummary["options"];
  /** Detections of pictures that have a card, by the id of their record; may be empty. */
  readonly shown: readonly { readonly id: number; readonly masks: readonly ScoredMask[] }[];
}

/** How well one set of masks agrees with objects that were drawn by hand or by a generator. */
export interface GainNumbers {
  /** AP, AP50, AR100, … as the evaluation gives them; −1 where there is nothing to measure. */
  readonly metrics: Metrics;
  /** Standard error of each, from drawing the pictures anew; null where it was not measured. */
  readonly errors: Metrics | null;
  /** Masks in all pictures. */
  readonly detections: number;
}

/** A picture with its objects and what was found of them. */
export interface GainPicture {
  /** Shown as its title. */
  readonly name: string;
  /** `[height, width]` in pixels, that of the masks. */
  readonly size: readonly [height: number, width: number];
  /** The picture as a JPEG in base64, of any size. */
  readonly jpeg: string;
  /** Its objects. */
  readonly objects: readonly CocoRle[];
  /** Proposals, in any order. */
  readonly raw: readonly ScoredMask[];
  /** What the trained segmenter found, in any order. */
  readonly trained: readonly ScoredMask[];
}

/** Proposals held against what was trained on them, on pictures that were kept aside. */
export interface GainSummary {
  /** What to call the pictures. */
  readonly noun: "scene" | "picture";
  /** How many were kept aside. */
  readonly pictures: number;
  /** Objects in them. */
  readonly objects: number;
  /** The proposals. */
  readonly raw: GainNumbers;
  /** The segmenter that was trained on proposals of other pictures. */
  readonly trained: GainNumbers;
  /** Segmenter whose weights the training started from; null for new ones. */
  readonly start: string | null;
  /** Standard error of trained − raw on the same draws; null where it was not measured. */
  readonly differenceErrors: Metrics | null;
  /** Some of the pictures, to look at. */
  readonly examples: readonly GainPicture[];
}

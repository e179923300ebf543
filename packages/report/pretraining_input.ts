import type { RunSummary } from "./input.ts";

/** One update of an encoder that pretrains. */
export interface PretrainingStep {
  /** From 1. */
  readonly step: number;
  /** Learning rate. */
  readonly rate: number;
  /** What is minimised. */
  readonly loss: number;
  /** Of self-distillation, in nats: mean entropy of the teacher's assignments; else null. */
  readonly teacherEntropy: number | null;
  /** Entropy of the mean of the assignments; else null. */
  readonly meanEntropy: number | null;
  /** Norm of the gradient before it is clipped. */
  readonly gradientNorm: number;
}

/** A course of pretraining. */
export interface PretrainingSummary {
  /** Name of the run. */
  readonly title: string;
  /** The command line that trained. */
  readonly command: string;
  /** Version of Fiedler. */
  readonly version: string;
  /** Masked autoencoding, or self-distillation. */
  readonly objective: "mae" | "dino";
  /** Sizes of what is kept: width, blocks, pixels of a patch's side. */
  readonly encoder: { readonly dim: number; readonly depth: number; readonly patch: number };
  /** What it learnt from, in words: `600 pictures of photos/`. */
  readonly source: string;
  /** Steps planned. */
  readonly steps: number;
  /** Pictures of a step. */
  readonly batch: number;
  /** Of self-distillation: how many there are; else null. */
  readonly prototypes: number | null;
  /** Seconds that it took, over all sessions. */
  readonly seconds: number;
  /** The graphics adapter that computed. */
  readonly adapter: RunSummary["adapter"];
  /** Every setting in effect, with its source. */
  readonly settings: RunSummary["options"];
  /** One entry a step, in their order; may be empty. */
  readonly metrics: readonly PretrainingStep[];
}

import type { DinoConfig } from "./dino.ts";
import type { PretrainOptimiserSettings } from "./optimiser.ts";

/** Share of the rate that the cosine ends with. */
const COSINE_END = 0.01;

/** Share of the course over which the teacher's temperature reaches its last value. */
const TEMPERATURE_SHARE = 0.2;

/** What a schedule spans. */
export interface Course {
  /** Steps in all. */
  readonly steps: number;
}

/** Share of the course that lies behind, in [0, 1). */
export function progressAt({ steps }: Course, step: number): number {
  if (!Number.isSafeInteger(step) || step < 1 || step > steps) {
    throw new RangeError(
      `pretraining: a step must be a whole number from 1 to ${steps}, got ${step}`,
    );
  }
  return (step - 1) / steps;
}

/**
 * Learning rate of a step: half a cosine over the whole course, down to a hundredth, times a linear
 * warm-up.
 *
 * Source: Loshchilov and Hutter 2017, arXiv 1608.03983, §3, without restarts.
 *
 * @param step from 1 on.
 * @throws {RangeError} when `step` is no step of the course.
 *
 * @example
 * ```ts
 * import { MAE_TINY, pretrainRate } from "@fiedler/pretrain";
 * import assert from "node:assert/strict";
 *
 * assert.equal(pretrainRate(MAE_TINY, 1), 5e-6); // the first hundredth of the warm-up
 * assert.ok(pretrainRate(MAE_TINY, 1029) < 5.5e-6);
 * ```
 */
export function pretrainRate(
  { steps, optimiser: { rate, warmUp } }: Course & {
    readonly optimiser: PretrainOptimiserSettings;
  },
  step: number,
): number {
  const cosine = (1 + Math.cos(Math.PI * progressAt({ steps }, step))) / 2;
  const warm = Math.min(1, step / Math.max(1, warmUp));
  return rate * warm * (COSINE_END + (1 - COSINE_END) * cosine);
}

/**
 * The teacher's temperature, which reaches its last value after a fifth of the course.
 *
 * @param step from 1 on.
 * @throws {RangeError} when `step` is no step of the course.
 */
export function teacherTemperature(
  { teacherTemperature: [first, last] }: DinoConfig,
  course: Course,
  step: number,
): number {
  return first + (last - first) * Math.min(1, progressAt(course, step) / TEMPERATURE_SHARE);
}

/**
 * Share of the teacher that stays in a step: from `teacherKeep` along half a cosine to 1.
 *
 * Source: Grill et al. 2020 (BYOL), arXiv 2006.07733, §3.2.
 *
 * @param step from 1 on.
 * @throws {RangeError} when `step` is no step of the course.
 */
export function teacherKeep(
  { teacherKeep: first }: DinoConfig,
  course: Course,
  step: number,
): number {
  return 1 - (1 - first) * (1 + Math.cos(Math.PI * progressAt(course, step))) / 2;
}

/** A pretraining as text while it runs. */
import { seconds } from "./progress.ts";

/** Where a pretraining stands. */
export interface PretrainingState {
  /** Of the last step. */
  readonly step: number;
  readonly loss: number;
  readonly rate: number;
  /** Of self-distillation, in nats. */
  readonly teacherEntropy?: number;
  readonly meanEntropy?: number;
  /** Steps planned. */
  readonly steps: number;
  /** Pictures learnt from in a second; null before that can be told. */
  readonly imagesPerSecond: number | null;
  /** Seconds to the end; null before that can be told. */
  readonly secondsLeft: number | null;
}

/** `step 120 of 1029 · loss 0.523 · rate 0.00099 · 110 images/s · 9 min 05 s left`. */
export function pretrainingLine(state: PretrainingState): string {
  const { step, loss, rate, teacherEntropy, meanEntropy, steps } = state;
  const { imagesPerSecond, secondsLeft } = state;
  const parts: readonly (string | false)[] = [
    `step ${step} of ${steps}`,
    `loss ${loss.toPrecision(3)}`,
    teacherEntropy !== undefined && meanEntropy !== undefined &&
    `entropy ${teacherEntropy.toFixed(2)}, of the mean ${meanEntropy.toFixed(2)}`,
    `rate ${rate.toPrecision(2)}`,
    imagesPerSecond !== null &&
    `${imagesPerSecond.toFixed(imagesPerSecond >= 10 ? 0 : 1)} images/s`,
    secondsLeft !== null && step < steps && `${seconds(secondsLeft)} left`,
  ];
  return parts.filter((part) => part !== false).join(" · ");
}

/** What {@linkcode sgd} changes. */
export interface SgdArrays {
  readonly parameter: Float64Array;
  readonly velocity: Float64Array;
}

/** One step of SGD with momentum and weight decay, in f64, in place. */
export function sgd(
  { parameter, velocity }: SgdArrays,
  gradient: ArrayLike<number>,
  { rate, momentum, weightDecay }: { rate: number; momentum: number; weightDecay: number },
): void {
  for (let i = 0; i < parameter.length; i++) {
    velocity[i] = momentum * velocity[i] + gradient[i] + weightDecay * parameter[i];
    parameter[i] -= rate * velocity[i];
  }
}

/** What {@linkcode adamW} changes. */
export interface AdamWArrays {
  readonly parameter: Float64Array;
  readonly mean: Float64Array;
  readonly square: Float64Array;
}

/** Step `step`, from 1 on, of AdamW, in f64, in place. */
export function adamW(
  { parameter, mean, square }: AdamWArrays,
  gradient: ArrayLike<number>,
  { rate, step, betas, epsilon, weightDecay }: {
    rate: number;
    step: number;
    betas: readonly [number, number];
    epsilon: number;
    weightDecay: number;
  },
): void {
  for (let i = 0; i < parameter.length; i++) {
    mean[i] = betas[0] * mean[i] + (1 - betas[0]) * gradient[i];
    square[i] = betas[1] * square[i] + (1 - betas[1]) * gradient[i] ** 2;
    const unbiasedMean = mean[i] / (1 - betas[0] ** step);
    const unbiasedSquare = square[i] / (1 - betas[1] ** step);
    parameter[i] -= rate * weightDecay * parameter[i];
    parameter[i] -= rate * unbiasedMean / (Math.sqrt(unbiasedSquare) + epsilon);
  }
}

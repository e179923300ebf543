const sigmoid = (t: number): number => 1 / (1 + Math.exp(-t));

/** ln(1 + e^t), exact for large and small t. */
const softplus = (t: number): number => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));

/** Sigmoid focal loss with γ = 2, summed, times `weight`, in f64. */
export function focalLoss(
  logits: ArrayLike<number>,
  targets: ArrayLike<number>,
  { weight, alpha }: { weight: number; alpha: number },
): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    const u = targets[i] ? logits[i] : -logits[i];
    sum += (targets[i] ? alpha : 1 - alpha) * sigmoid(-u) ** 2 * softplus(-u);
  }
  return weight * sum;
}

/** Gradient of {@linkcode focalLoss} with respect to the logits. */
export function focalLossBackward(
  logits: ArrayLike<number>,
  targets: ArrayLike<number>,
  { weight, alpha }: { weight: number; alpha: number },
): Float64Array {
  return Float64Array.from(logits, (z, i) => {
    const sign = targets[i] ? 1 : -1;
    const q = sigmoid(-sign * z);
    const slope = q * q * (-2 * sigmoid(sign * z) * softplus(-sign * z) - q);
    return sign * weight * (targets[i] ? alpha : 1 - alpha) * slope;
  });
}

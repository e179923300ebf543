/** Σ a[i] · b[i]. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * The gradient of `loss` at `at` by central differences in f64. Truncation is of the order of
 * `step²`, rounding 2^-53 / `step`: about 1e-8 and 1e-12 of losses and inputs around 1.
 */
export function finiteDifferences(
  loss: (x: Float64Array) => number,
  at: ArrayLike<number>,
  step = 1e-4,
): Float64Array {
  const x = Float64Array.from(at);
  return x.map((value, i) => {
    x[i] = value + step;
    const above = loss(x);
    x[i] = value - step;
    const below = loss(x);
    x[i] = value;
    return (above - below) / (2 * step);
  });
}

/** The mean of the squared differences, in f64. */
export function meanSquaredError(x: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] - wanted[i]) ** 2;
  return sum / x.length;
}

/** Its gradient with respect to x, in f64. */
export const meanSquaredErrorBackward = (
  x: ArrayLike<number>,
  wanted: ArrayLike<number>,
): Float64Array => Float64Array.from(x, (value, i) => 2 * (value - wanted[i]) / x.length);

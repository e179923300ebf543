/** The sum of two arrays. */
export const add = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
  Float64Array.from(a, (value, i) => value + b[i]);

/** The gradient behind `out = max(x, 0)`. */
export const reluBackward = (dOut: ArrayLike<number>, out: ArrayLike<number>): Float64Array =>
  Float64Array.from(dOut, (value, i) => out[i] > 0 ? value : 0);

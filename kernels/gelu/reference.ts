import { erf } from "../matmul/reference.ts";

/** The distribution function of the normal distribution. */
const share = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

/** x Φ(x), in f64. */
export const gelu = (x: ArrayLike<number>): Float64Array =>
  Float64Array.from(x, (value) => value * share(value));

/** dOut (Φ(x) + x φ(x)), in f64. */
export const geluBackward = (dOut: ArrayLike<number>, x: ArrayLike<number>): Float64Array =>
  Float64Array.from(x, (value, i) => {
    const density = Math.exp(-(value ** 2) / 2) / Math.sqrt(2 * Math.PI);
    return dOut[i] * (share(value) + value * density);
  });

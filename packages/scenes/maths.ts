/**
 * The few functions that scenes need, made of + − × ÷ and square roots alone.
 *
 * These five are exact to the last bit in every engine; `Math.sin`, `Math.exp`, `Math.hypot` and
 * their kin are not, and a last bit can turn a pixel. Angles are in turns: 1 is a full circle.
 *
 * @module
 */

const TAU = 6.283185307179586;

/** Sine of an angle in turns, to 4e-6: the Taylor series to x⁹ on a quarter turn. */
export function sine(turns: number): number {
  let t = turns - Math.round(turns); // -½ to ½
  if (t > 0.25) t = 0.5 - t;
  else if (t < -0.25) t = -0.5 - t;
  const x = t * TAU;
  const q = x * x;
  return x * (1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72))));
}

/** Cosine of an angle in turns, to 4e-6. */
export const cosine = (turns: number): number => sine(turns + 0.25);

/** Direction of (x, y) in turns, −½ to ½, to 1.2e-5 radians; 0 at the origin. */
export function direction(x: number, y: number): number {
  const a = Math.abs(x), b = Math.abs(y);
  if (a + b === 0) return 0;
  const t = a > b ? b / a : a / b; // 0 to 1
  const q = t * t;
  // Abramowitz and Stegun 1964, 4.4.49: arctangent on [0, 1], error below 1.2e-5.
  const arc = t *
    (0.9998660 +
      q * (-0.3302995 + q * (0.1801410 + q * (-0.0851330 + q * 0.0208351))));
  const turns = arc / TAU;
  const first = a > b ? turns : 0.25 - turns;
  const upper = x < 0 ? 0.5 - first : first;
  return y < 0 ? -upper : upper;
}

/** Length of (x, y). */
export const length = (x: number, y: number): number => Math.sqrt(x * x + y * y);

/** `base` to the power of `exponent`, for a base in [0, 1] and an exponent above 0; to 1e-7. */
export function power(base: number, exponent: number): number {
  if (base <= 0) return 0;
  let [mantissa, halvings] = [base, 0];
  while (mantissa < 0.70710678) {
    mantissa *= 2;
    halvings++;
  }
  const z = (mantissa - 1) / (mantissa + 1); // ln m = 2 artanh z, |z| < 0.18
  const q = z * z;
  const ln = 2 * z * (1 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q / 9)))) -
    halvings * Math.LN2;
  let e = exponent * ln / 1024; // |e| is small: four terms, then ten squarings
  e = 1 + e * (1 + e / 2 * (1 + e / 3 * (1 + e / 4)));
  for (let i = 0; i < 10; i++) e *= e;
  return e;
}

/** `x` held between `low` and `high`. */
export const clamp = (x: number, low = 0, high = 1): number => x < low ? low : x > high ? high : x;

/** From `a` at 0 to `b` at 1. */
export const lerp = (a: number, b: number, t: number): number => a + (b - a) * t;

/** 0 at `low` and before it, 1 at `high` and beyond, smooth between; `low` may be the larger. */
export function smooth(low: number, high: number, x: number): number {
  const t = clamp((x - low) / (high - low));
  return t * t * (3 - 2 * t);
}

/** The part of `x` above the whole number below it. */
export const fraction = (x: number): number => x - Math.floor(x);

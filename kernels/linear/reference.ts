/** Sizes of a linear layer, x · weight + bias. */
export interface LinearSizes {
  readonly rows: number;
  readonly from: number;
  readonly to: number;
}

/** A linear layer, in f64: `[rows, to]`. */
export function linear(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  { rows, from, to }: LinearSizes,
): Float64Array {
  const out = new Float64Array(rows * to);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < to; j++) {
      let sum = bias[j];
      for (let k = 0; k < from; k++) sum += x[i * from + k] * weight[k * to + j];
      out[i * to + j] = sum;
    }
  }
  return out;
}

/** Its gradients, in f64. */
export function linearBackward(
  dOut: ArrayLike<number>,
  { x, weight }: { readonly x: ArrayLike<number>; readonly weight: ArrayLike<number> },
  { rows, from, to }: LinearSizes,
): { dx: Float64Array; dWeight: Float64Array; dBias: Float64Array } {
  const dx = new Float64Array(rows * from);
  const dWeight = new Float64Array(from * to);
  const dBias = new Float64Array(to);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < to; j++) {
      const d = dOut[i * to + j];
      dBias[j] += d;
      for (let k = 0; k < from; k++) {
        dx[i * from + k] += d * weight[k * to + j];
        dWeight[k * to + j] += d * x[i * from + k];
      }
    }
  }
  return { dx, dWeight, dBias };
}

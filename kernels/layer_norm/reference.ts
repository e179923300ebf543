/** Layer norm of `[rows, columns]`, in f64. */
export function layerNorm(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  rows: number,
  columns: number,
  epsilon = 1e-6,
): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    let mean = 0;
    for (let j = 0; j < columns; j++) mean += x[i * columns + j] / columns;
    let variance = 0;
    for (let j = 0; j < columns; j++) variance += (x[i * columns + j] - mean) ** 2 / columns;
    for (let j = 0; j < columns; j++) {
      const normal = (x[i * columns + j] - mean) / Math.sqrt(variance + epsilon);
      out[i * columns + j] = normal * weight[j] + bias[j];
    }
  }
  return out;
}

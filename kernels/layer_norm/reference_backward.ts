/** What a layer norm was given: arrays of `[rows, columns]` and `[columns]`. */
export interface LayerNormArrays {
  readonly x: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
}

/** Gradients of a layer norm of `[rows, columns]`, in f64. */
export function layerNormBackward(
  dOut: ArrayLike<number>,
  { x, weight }: LayerNormArrays,
  rows: number,
  columns: number,
  epsilon = 1e-6,
): { dx: Float64Array; dWeight: Float64Array; dBias: Float64Array } {
  const dx = new Float64Array(rows * columns);
  const [dWeight, dBias] = [new Float64Array(columns), new Float64Array(columns)];
  for (let i = 0; i < rows; i++) {
    const row = Array.from({ length: columns }, (_, j) => x[i * columns + j]);
    const mean = row.reduce((sum, value) => sum + value / columns, 0);
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2 / columns, 0);
    const scale = 1 / Math.sqrt(variance + epsilon);
    let [meanG, meanProduct] = [0, 0];
    for (let j = 0; j < columns; j++) {
      const d = dOut[i * columns + j];
      const normal = (row[j] - mean) * scale;
      meanG += d * weight[j] / columns;
      meanProduct += d * weight[j] * normal / columns;
      dWeight[j] += d * normal;
      dBias[j] += d;
    }
    for (let j = 0; j < columns; j++) {
      const g = dOut[i * columns + j] * weight[j];
      dx[i * columns + j] = scale * (g - meanG - (row[j] - mean) * scale * meanProduct);
    }
  }
  return { dx, dWeight, dBias };
}

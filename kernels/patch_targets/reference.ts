/** Rows less their mean, over their unbiased deviation with a floor of the variance, in f64. */
export function patchTargets(
  x: ArrayLike<number>,
  columns: number,
  floor: number,
): Float64Array {
  const out = new Float64Array(x.length);
  for (let first = 0; first < x.length; first += columns) {
    const row = Array.from({ length: columns }, (_, j) => x[first + j]);
    const mean = row.reduce((sum, value) => sum + value, 0) / columns;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (columns - 1);
    row.forEach((value, j) => out[first + j] = (value - mean) / Math.sqrt(variance + floor));
  }
  return out;
}

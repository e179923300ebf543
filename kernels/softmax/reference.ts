/** Softmax of the first `columns` of each row of `[rows, pitch]`, zeros behind, in f64. */
export function softmaxRows(
  x: ArrayLike<number>,
  rows: number,
  pitch: number,
  columns = pitch,
): Float64Array {
  const out = new Float64Array(rows * pitch);
  for (let i = 0; i < rows; i++) {
    let top = -Infinity;
    for (let j = 0; j < columns; j++) top = Math.max(top, x[i * pitch + j]);
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += out[i * pitch + j] = Math.exp(x[i * pitch + j] - top);
    for (let j = 0; j < columns; j++) out[i * pitch + j] /= sum;
  }
  return out;
}

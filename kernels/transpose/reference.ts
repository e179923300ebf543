/** Transpose of `[rows, columns]` into rows of `pitch`, zero-filled. */
export function transpose(
  x: ArrayLike<number>,
  rows: number,
  columns: number,
  pitch = rows,
): Float64Array {
  const out = new Float64Array(columns * pitch);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * pitch + i] = x[i * columns + j];
  }
  return out;
}

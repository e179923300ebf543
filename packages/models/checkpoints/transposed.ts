/** Side of the squares that are turned one by one, so that both sides stay in the cache. */
const TILE = 32;

/** `[rows, columns]` as `[columns, rows]`: PyTorch stores linear layers output first. */
export function transposed(
  matrix: Float32Array,
  rows: number,
  columns: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(matrix.length);
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(top + TILE, rows);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(left + TILE, columns);
      for (let i = top; i < bottom; i++) {
        for (let j = left; j < right; j++) out[j * rows + i] = matrix[i * columns + j];
      }
    }
  }
  return out;
}

/** Channel means and deviations of each patch of one `[height, width, 3]` picture: `[patches, 8]`. */
export function patchStatistics(
  rgb: ArrayLike<number>,
  [rows, columns]: readonly [number, number],
  patch: number,
): Float64Array {
  const out = new Float64Array(rows * columns * 8);
  for (let cell = 0; cell < rows * columns; cell++) {
    const [top, left] = [Math.floor(cell / columns) * patch, cell % columns * patch];
    for (let channel = 0; channel < 3; channel++) {
      const levels = Array.from({ length: patch ** 2 }, (_, i) => {
        const [y, x] = [top + Math.floor(i / patch), left + i % patch];
        return rgb[(y * columns * patch + x) * 3 + channel] / 255;
      });
      const mean = levels.reduce((a, b) => a + b) / levels.length;
      const squares = levels.reduce((sum, level) => sum + (level - mean) ** 2, 0);
      out[cell * 8 + channel] = mean;
      out[cell * 8 + 3 + channel] = Math.sqrt(squares / levels.length);
    }
  }
  return out;
}

/** Rows of one `[rows, columns]` matrix less their mean. */
export function centreRows(x: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const means = new Float64Array(columns);
  for (let at = 0; at < rows * columns; at++) means[at % columns] += x[at] / rows;
  return Float64Array.from({ length: rows * columns }, (_, at) => x[at] - means[at % columns]);
}

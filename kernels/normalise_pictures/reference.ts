/** One `[height, width, 3]` picture as `[height × enlarge, width × enlarge, 4]`, in f64. */
export function normalisePictures(
  rgb: ArrayLike<number>,
  [height, width]: readonly [number, number],
  mean: readonly number[],
  std: readonly number[],
  enlarge: number,
): Float64Array {
  const out = new Float64Array(height * width * enlarge ** 2 * 4);
  for (let y = 0; y < height * enlarge; y++) {
    for (let x = 0; x < width * enlarge; x++) {
      for (let c = 0; c < 3; c++) {
        const level = between(
          (y + 0.5) / enlarge - 0.5,
          height,
          (i) => between((x + 0.5) / enlarge - 0.5, width, (j) => rgb[(i * width + j) * 3 + c]),
        );
        out[(y * width * enlarge + x) * 4 + c] = (level / 255 - mean[c]) / std[c];
      }
    }
  }
  return out;
}

/** Linear between `value(0)`, …, `value(size − 1)`, constant beyond them. */
function between(place: number, size: number, value: (i: number) => number): number {
  const at = Math.min(Math.max(place, 0), size - 1);
  const low = Math.floor(at);
  return value(low) + (at - low) * (value(Math.min(low + 1, size - 1)) - value(low));
}

/** Patches of one `[height, width, 3]` picture, in f64; see `patchify.wgsl`. */
export function patchify(
  rgb: ArrayLike<number>,
  [rows, columns]: readonly [number, number],
  patch: number,
  mean: readonly number[],
  std: readonly number[],
): Float64Array {
  const out = new Float64Array(rows * columns * 3 * patch * patch);
  let at = 0;
  for (let cell = 0; cell < rows * columns; cell++) {
    const [r, c] = [Math.floor(cell / columns), cell % columns];
    for (let channel = 0; channel < 3; channel++) {
      for (let y = 0; y < patch; y++) {
        for (let x = 0; x < patch; x++) {
          const pixel = (r * patch + y) * columns * patch + c * patch + x;
          out[at++] = (rgb[pixel * 3 + channel] / 255 - mean[channel]) / std[channel];
        }
      }
    }
  }
  return out;
}

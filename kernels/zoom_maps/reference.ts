/** f64 reference of {@linkcode zoomMaps}. */
export function zoomMaps(
  maps: ArrayLike<number>,
  [images, rows, columns, channels]: readonly [number, number, number, number],
  windows: ArrayLike<number>,
): Float64Array {
  const out = new Float64Array(images * rows * columns * channels);
  for (let i = 0; i < images; i++) {
    const [top, left, height, width] = [0, 1, 2, 3].map((n) => windows[4 * i + n]);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const [low, high, down] = place(y, rows, top, height);
        const [near, far, across] = place(x, columns, left, width);
        for (let c = 0; c < channels; c++) {
          const at = (r: number, q: number) => maps[((i * rows + r) * columns + q) * channels + c];
          const upper = (1 - across) * at(low, near) + across * at(low, far);
          const lower = (1 - across) * at(high, near) + across * at(high, far);
          out[((i * rows + y) * columns + x) * channels + c] = (1 - down) * upper + down * lower;
        }
      }
    }
  }
  return out;
}

function place(
  i: number,
  size: number,
  start: number,
  share: number,
): [low: number, high: number, weight: number] {
  const at = Math.min(size - 1, Math.max(0, start * size + share * (i + 0.5) - 0.5));
  const low = Math.floor(at);
  return [low, Math.min(low + 1, size - 1), at - low];
}

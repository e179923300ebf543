/** Nearest: `[planes, rows, columns]` to `[planes, outRows, outColumns]`. */
export function resizeNearest(
  image: ArrayLike<number>,
  planes: number,
  [rows, columns]: readonly [number, number],
  [outRows, outColumns]: readonly [number, number],
): Float64Array {
  const out = new Float64Array(planes * outRows * outColumns);
  for (let i = 0; i < out.length; i++) {
    const x = Math.floor((i % outColumns) * columns / outColumns);
    const y = Math.floor((Math.floor(i / outColumns) % outRows) * rows / outRows);
    const plane = Math.floor(i / (outRows * outColumns));
    out[i] = image[(plane * rows + y) * columns + x];
  }
  return out;
}

/** Bilinear, corners not aligned: `[planes, rows, columns]` to `[planes, outRows, outColumns]`. */
export function resizeBilinear(
  image: ArrayLike<number>,
  planes: number,
  [rows, columns]: readonly [number, number],
  [outRows, outColumns]: readonly [number, number],
): Float64Array {
  const out = new Float64Array(planes * outRows * outColumns);
  const clamp = (at: number, size: number) => Math.min(Math.max(at, 0), size - 1);
  for (let i = 0; i < out.length; i++) {
    const plane = Math.floor(i / (outRows * outColumns));
    const row = Math.floor(i / outColumns) % outRows;
    const y = clamp((row + 0.5) * rows / outRows - 0.5, rows);
    const x = clamp(((i % outColumns) + 0.5) * columns / outColumns - 0.5, columns);
    for (const [dy, dx] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
      const weight = (dy ? y % 1 : 1 - y % 1) * (dx ? x % 1 : 1 - x % 1);
      const top = clamp(Math.floor(y) + dy, rows);
      const left = clamp(Math.floor(x) + dx, columns);
      out[i] += weight * image[(plane * rows + top) * columns + left];
    }
  }
  return out;
}

/** Bilinear, corners aligned: `[images, rows, columns, dim]` enlarged by a whole factor. */
export function enlargeFeatures(
  features: ArrayLike<number>,
  images: number,
  [rows, columns]: readonly [number, number],
  dim: number,
  factor: number,
): Float64Array {
  const [outRows, outColumns] = [rows * factor, columns * factor];
  const out = new Float64Array(images * outRows * outColumns * dim);
  const place = (i: number, size: number, outSize: number) =>
    size === 1 || outSize === 1 ? 0 : i * (size - 1) / (outSize - 1);
  for (let i = 0; i < out.length; i++) {
    const cell = Math.floor(i / dim);
    const image = Math.floor(cell / (outRows * outColumns));
    const y = place(Math.floor(cell / outColumns) % outRows, rows, outRows);
    const x = place(cell % outColumns, columns, outColumns);
    for (const [dy, dx] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
      const weight = (dy ? y % 1 : 1 - y % 1) * (dx ? x % 1 : 1 - x % 1);
      const top = Math.min(Math.floor(y) + dy, rows - 1);
      const left = Math.min(Math.floor(x) + dx, columns - 1);
      out[i] += weight * features[((image * rows + top) * columns + left) * dim + i % dim];
    }
  }
  return out;
}

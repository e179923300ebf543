/** Sizes of a picture, `[images, rows, columns, channels]`. */
export type PictureSizes = readonly [
  images: number,
  rows: number,
  columns: number,
  channels: number,
];

/** Every second row and column. */
export function subsample(
  x: ArrayLike<number>,
  [images, rows, columns, channels]: PictureSizes,
): Float64Array {
  const out: number[] = [];
  for (let i = 0; i < images; i++) {
    for (let y = 0; y < rows; y += 2) {
      for (let j = 0; j < columns; j += 2) {
        const from = ((i * rows + y) * columns + j) * channels;
        for (let c = 0; c < channels; c++) out.push(x[from + c]);
      }
    }
  }
  return Float64Array.from(out);
}

/** Its adjoint; sizes are those of the input. */
export function subsampleBackward(
  dOut: ArrayLike<number>,
  [images, rows, columns, channels]: PictureSizes,
): Float64Array {
  const dx = new Float64Array(images * rows * columns * channels);
  let at = 0;
  for (let i = 0; i < images; i++) {
    for (let y = 0; y < rows; y += 2) {
      for (let j = 0; j < columns; j += 2) {
        const to = ((i * rows + y) * columns + j) * channels;
        for (let c = 0; c < channels; c++) dx[to + c] = dOut[at++];
      }
    }
  }
  return dx;
}

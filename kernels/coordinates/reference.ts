/** x, y, 0, 0 behind the channels of `[images, rows, columns, channels]`. */
export function addCoordinates(
  features: ArrayLike<number>,
  [images, rows, columns, channels]: readonly [number, number, number, number],
): Float64Array {
  const out: number[] = [];
  const place = (i: number, size: number) => size === 1 ? -1 : -1 + 2 * i / (size - 1);
  for (let pixel = 0; pixel < images * rows * columns; pixel++) {
    for (let c = 0; c < channels; c++) out.push(features[pixel * channels + c]);
    const [x, y] = [pixel % columns, Math.floor(pixel / columns) % rows];
    out.push(place(x, columns), place(y, rows), 0, 0);
  }
  return Float64Array.from(out);
}

/** Its adjoint: the first `channels` of each pixel's `channels + 4`. */
export function addCoordinatesBackward(dOut: ArrayLike<number>, channels: number): Float64Array {
  return Float64Array.from(dOut).filter((_, at) => at % (channels + 4) < channels);
}

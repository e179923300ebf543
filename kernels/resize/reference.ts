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

/** Sizes of feature maps, `[images, rows, columns, channels]`. */
export type FeatureSizes = readonly [
  images: number,
  rows: number,
  columns: number,
  channels: number,
];

/** Weights of the inputs in each output along one axis, `[outSize, size]`, corners not aligned. */
function bilinearWeights(size: number, outSize: number): number[][] {
  return Array.from({ length: outSize }, (_, o) => {
    const weights = new Array(size).fill(0);
    const place = Math.max((o + 0.5) * size / outSize - 0.5, 0);
    const low = Math.min(Math.floor(place), size - 1);
    const high = Math.min(low + 1, size - 1);
    weights[low] += 1 - (place - low);
    weights[high] += place - low;
    return weights;
  });
}

/** Calls `visit` with every output, every input that it reads, and the weight. */
function visitBilinear(
  [images, rows, columns, channels]: FeatureSizes,
  [outRows, outColumns]: readonly [number, number],
  visit: (out: number, input: number, weight: number) => void,
): void {
  const [down, across] = [bilinearWeights(rows, outRows), bilinearWeights(columns, outColumns)];
  for (let at = 0; at < images * outRows * outColumns; at++) {
    const image = Math.floor(at / (outRows * outColumns));
    const [y, x] = [down[Math.floor(at / outColumns) % outRows], across[at % outColumns]];
    for (let cell = 0; cell < rows * columns; cell++) {
      const weight = y[Math.floor(cell / columns)] * x[cell % columns];
      if (weight === 0) continue;
      for (let c = 0; c < channels; c++) {
        visit(at * channels + c, (image * rows * columns + cell) * channels + c, weight);
      }
    }
  }
}

/** Bilinear, corners not aligned, channels last. */
export function resizeBilinearNhwc(
  features: ArrayLike<number>,
  sizes: FeatureSizes,
  outSize: readonly [number, number],
): Float64Array {
  const out = new Float64Array(sizes[0] * outSize[0] * outSize[1] * sizes[3]);
  visitBilinear(sizes, outSize, (o, i, weight) => out[o] += weight * features[i]);
  return out;
}

/** Its adjoint; sizes are those of the input. */
export function resizeBilinearBackward(
  dOut: ArrayLike<number>,
  sizes: FeatureSizes,
  outSize: readonly [number, number],
): Float64Array {
  const dx = new Float64Array(sizes.reduce((a, b) => a * b));
  visitBilinear(sizes, outSize, (o, i, weight) => dx[i] += weight * dOut[o]);
  return dx;
}

/** Index in the input of each element of the doubled output. */
function doubledFrom([images, rows, columns, channels]: FeatureSizes): number[] {
  return Array.from({ length: images * rows * columns * channels * 4 }, (_, at) => {
    const pixel = Math.floor(at / channels);
    const line = Math.floor(pixel / (2 * columns));
    const image = Math.floor(line / (2 * rows));
    const y = Math.floor(line % (2 * rows) / 2);
    const x = Math.floor(pixel % (2 * columns) / 2);
    return ((image * rows + y) * columns + x) * channels + at % channels;
  });
}

/** Each pixel doubled along both axes. */
export const doubleNearest = (features: ArrayLike<number>, sizes: FeatureSizes): Float64Array =>
  Float64Array.from(doubledFrom(sizes), (at) => features[at]);

/** Its adjoint; sizes are those of the input. */
export function doubleNearestBackward(dOut: ArrayLike<number>, sizes: FeatureSizes): Float64Array {
  const dx = new Float64Array(sizes.reduce((a, b) => a * b));
  doubledFrom(sizes).forEach((to, at) => dx[to] += dOut[at]);
  return dx;
}

/** Sizes and windows of {@linkcode maxPool}; all arrays row-major. */
export interface MaxPoolInput {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
}

/** The largest value of each channel in each window; see `max_pool.wgsl`. */
export function maxPool(
  x: ArrayLike<number>,
  { images, height, width, channels, size, stride, padding }: MaxPoolInput,
): Float64Array {
  const windows = (length: number) => Math.floor((length + 2 * padding - size) / stride) + 1;
  const [outHeight, outWidth] = [windows(height), windows(width)];
  const out = new Float64Array(images * outHeight * outWidth * channels).fill(-Infinity);
  for (let at = 0; at < out.length; at++) {
    const pixel = Math.floor(at / channels);
    const [column, row] = [pixel % outWidth, Math.floor(pixel / outWidth) % outHeight];
    const image = Math.floor(pixel / (outWidth * outHeight));
    for (let u = 0; u < size; u++) {
      for (let v = 0; v < size; v++) {
        const [i, j] = [row * stride + u - padding, column * stride + v - padding];
        if (i < 0 || i >= height || j < 0 || j >= width) continue;
        const value = x[((image * height + i) * width + j) * channels + at % channels];
        out[at] = Math.max(out[at], value);
      }
    }
  }
  return out;
}

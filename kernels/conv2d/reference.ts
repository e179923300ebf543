/** Sizes and options of {@linkcode conv2d}; all arrays row-major. */
export interface Conv2dInput {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly outChannels: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly residual?: ArrayLike<number>;
  readonly relu?: boolean;
}

/** Convolution with its epilogue, in f64; see `conv2d.wgsl`. */
export function conv2d(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  input: Conv2dInput,
): Float64Array {
  const { images, height, width, channels, kernelHeight, kernelWidth, outChannels } = input;
  const { stride = 1, padding = 0, dilation = 1, residual, relu } = input;
  const windows = (size: number, taps: number) =>
    Math.floor((size + 2 * padding - dilation * (taps - 1) - 1) / stride) + 1;
  const [outHeight, outWidth] = [windows(height, kernelHeight), windows(width, kernelWidth)];
  const out = new Float64Array(images * outHeight * outWidth * outChannels);
  for (let at = 0; at < out.length; at++) {
    const o = at % outChannels;
    const pixel = Math.floor(at / outChannels);
    const [column, row] = [pixel % outWidth, Math.floor(pixel / outWidth) % outHeight];
    const image = Math.floor(pixel / (outWidth * outHeight));
    let sum = bias[o] + (residual?.[at] ?? 0);
    for (let u = 0; u < kernelHeight; u++) {
      for (let v = 0; v < kernelWidth; v++) {
        const i = row * stride + u * dilation - padding;
        const j = column * stride + v * dilation - padding;
        if (i < 0 || i >= height || j < 0 || j >= width) continue;
        for (let c = 0; c < channels; c++) {
          sum += x[((image * height + i) * width + j) * channels + c] *
            weight[((u * kernelWidth + v) * channels + c) * outChannels + o];
        }
      }
    }
    out[at] = relu ? Math.max(sum, 0) : sum;
  }
  return out;
}

/** Calls `visit` with each product of the sum: indices of the output, the input and the weight. */
function visitTaps(
  input: Conv2dInput,
  visit: (out: number, x: number, weight: number) => void,
): void {
  const { images, height, width, channels, kernelHeight, kernelWidth, outChannels } = input;
  const { stride = 1, padding = 0, dilation = 1 } = input;
  const windows = (size: number, taps: number) =>
    Math.floor((size + 2 * padding - dilation * (taps - 1) - 1) / stride) + 1;
  const [outHeight, outWidth] = [windows(height, kernelHeight), windows(width, kernelWidth)];
  for (let pixel = 0; pixel < images * outHeight * outWidth; pixel++) {
    const [column, row] = [pixel % outWidth, Math.floor(pixel / outWidth) % outHeight];
    const image = Math.floor(pixel / (outWidth * outHeight));
    for (let tap = 0; tap < kernelHeight * kernelWidth; tap++) {
      const i = row * stride + Math.floor(tap / kernelWidth) * dilation - padding;
      const j = column * stride + tap % kernelWidth * dilation - padding;
      if (i < 0 || i >= height || j < 0 || j >= width) continue;
      for (let c = 0; c < channels; c++) {
        const x = ((image * height + i) * width + j) * channels + c;
        for (let o = 0; o < outChannels; o++) {
          visit(pixel * outChannels + o, x, (tap * channels + c) * outChannels + o);
        }
      }
    }
  }
}

/** The gradient of the input, in f64. */
export function conv2dBackwardData(
  dOut: ArrayLike<number>,
  weight: ArrayLike<number>,
  input: Conv2dInput,
): Float64Array {
  const { images, height, width, channels } = input;
  const dx = new Float64Array(images * height * width * channels);
  visitTaps(input, (out, x, w) => dx[x] += dOut[out] * weight[w]);
  return dx;
}

/** The gradient of the weight, in f64. */
export function conv2dBackwardWeight(
  x: ArrayLike<number>,
  dOut: ArrayLike<number>,
  input: Conv2dInput,
): Float64Array {
  const { kernelHeight, kernelWidth, channels, outChannels } = input;
  const dWeight = new Float64Array(kernelHeight * kernelWidth * channels * outChannels);
  visitTaps(input, (out, at, w) => dWeight[w] += dOut[out] * x[at]);
  return dWeight;
}

/** Sizes of a dynamic convolution; `imageOf` names the image of each entry. */
export interface DynamicConvSizes {
  readonly imageOf: readonly number[];
  readonly pixels: number;
  readonly channels: number;
}

/** Mask logits `[entries, pixels]`, in f64. */
export function dynamicConv(
  kernels: ArrayLike<number>,
  features: ArrayLike<number>,
  { imageOf, pixels, channels }: DynamicConvSizes,
): Float64Array {
  const out = new Float64Array(imageOf.length * pixels);
  imageOf.forEach((image, n) => {
    for (let p = 0; p < pixels; p++) {
      for (let c = 0; c < channels; c++) {
        out[n * pixels + p] += kernels[n * channels + c] *
          features[(image * pixels + p) * channels + c];
      }
    }
  });
  return out;
}

/** Gradients of {@linkcode dynamicConv} for the gradient `dOut` of its result. */
export function dynamicConvBackward(
  dOut: ArrayLike<number>,
  kernels: ArrayLike<number>,
  features: ArrayLike<number>,
  { imageOf, pixels, channels }: DynamicConvSizes,
): { dKernels: Float64Array; dFeatures: Float64Array } {
  const dKernels = new Float64Array(kernels.length);
  const dFeatures = new Float64Array(features.length);
  imageOf.forEach((image, n) => {
    for (let p = 0; p < pixels; p++) {
      for (let c = 0; c < channels; c++) {
        const at = (image * pixels + p) * channels + c;
        dKernels[n * channels + c] += dOut[n * pixels + p] * features[at];
        dFeatures[at] += dOut[n * pixels + p] * kernels[n * channels + c];
      }
    }
  });
  return { dKernels, dFeatures };
}

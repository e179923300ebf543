import { expectShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import { normalisePicturesKernel } from "./normalise_pictures.gen.ts";

/** Options of {@linkcode normalisePictures}. */
export interface NormalisePicturesOptions {
  /** `[height, width]` of a picture in pixels. */
  readonly size: readonly [height: number, width: number];
  /** Per channel, of values in 0 … 1. */
  readonly mean: readonly number[];
  /** Per channel. */
  readonly std: readonly number[];
  /** How many times larger on each axis, a whole number. Default 1. */
  readonly enlarge?: number;
}

/**
 * Pictures scaled to mean 0 and deviation 1 as the input of a convolution, enlarged first if
 * wanted: linear between the centres of pixels, as torch's `interpolate` with mode "bilinear" and
 * `align_corners=False`.
 *
 * @param rgb `[images, words]` u32: the bytes of `[height, width, 3]`, each image padded to words.
 * @returns `[images, height × enlarge, width × enlarge, 4]` f32: red, green, blue, 0.
 * @throws {ShapeError} when a picture's bytes do not fit its words.
 * @throws {RangeError} when `enlarge` is not a whole number from 1 on.
 */
export function normalisePictures(
  gpu: Gpu,
  rgb: Tensor<"u32">,
  { size: [height, width], mean, std, enlarge = 1 }: NormalisePicturesOptions,
): Tensor {
  const { images, words } = expectShape("normalisePictures: rgb", rgb, "[images, words]");
  if (!Number.isInteger(enlarge) || enlarge < 1) {
    throw new RangeError(
      `normalisePictures: enlarge must be a whole number from 1 on, got ${enlarge}`,
    );
  }
  const bytes = height * width * 3;
  if (words !== Math.ceil(bytes / 4)) {
    throw new ShapeError(
      `normalisePictures: ${bytes} bytes need ${Math.ceil(bytes / 4)} words, got ${words}`,
    );
  }
  const out = gpu.empty([images, height * enlarge, width * enlarge, 4]);
  const count = images * height * width * enlarge ** 2;
  const { workgroups, row } = grid1d(count, normalisePicturesKernel.overrides.WORKGROUP);
  const [meanR, meanG, meanB] = mean;
  const [stdR, stdG, stdB] = std;
  const params = {
    ...{ count, row, words, height, width, factor: enlarge },
    ...{ meanR, meanG, meanB, stdR, stdG, stdB },
  };
  gpu.run(normalisePicturesKernel, { rgb, out, params }, { workgroups });
  return out;
}

import { expectShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import { patchifyKernel } from "./patchify.gen.ts";

/** Options of {@linkcode patchify}. */
export interface PatchifyOptions {
  /** Patches across and down, `[rows, columns]`. */
  readonly grid: readonly [number, number];
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Per channel, of values in 0 … 1. */
  readonly mean: readonly number[];
  /** Per channel. */
  readonly std: readonly number[];
}

/**
 * Cuts pictures into patches, scaled to mean 0 and deviation 1: the columns of a convolution with
 * kernel = stride = patch.
 *
 * @param rgb `[images, words]` u32: the bytes of `[height, width, 3]`, each image padded to words.
 * @returns `[images × patches, 3 × patch²]` f32, a patch in the order channel, y, x.
 * @throws {ShapeError} when a picture's bytes do not fit its words.
 */
export function patchify(
  gpu: Gpu,
  rgb: Tensor<"u32">,
  { grid: [rows, columns], patch, mean, std }: PatchifyOptions,
): Tensor {
  const { images, words } = expectShape("patchify: rgb", rgb, "[images, words]");
  const bytes = rows * columns * patch * patch * 3;
  if (words !== Math.ceil(bytes / 4)) {
    throw new ShapeError(
      `patchify: ${bytes} bytes need ${Math.ceil(bytes / 4)} words, got ${words}`,
    );
  }
  const length = 3 * patch * patch;
  const out = gpu.empty([images * rows * columns, length]);
  const count = images * rows * columns * length;
  const { workgroups, row } = grid1d(count, patchifyKernel.overrides.WORKGROUP);
  const [meanR, meanG, meanB] = mean;
  const [stdR, stdG, stdB] = std;
  const params = {
    ...{ images, words, width: columns * patch, rows, columns, side: patch, stride: row },
    ...{ meanR, meanG, meanB, stdR, stdG, stdB },
  };
  gpu.run(patchifyKernel, { rgb, out, params }, { workgroups });
  return out;
}

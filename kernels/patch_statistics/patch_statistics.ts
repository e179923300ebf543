import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { patchStatisticsKernel } from "./patch_statistics.gen.ts";

/** Longest side of a patch: one invocation visits its pixels twice, and CPU adapters count rounds. */
const MAX_PATCH = 128;

/** Options of {@linkcode patchStatistics}. */
export interface PatchStatisticsOptions {
  /** Patches down and across, `[rows, columns]`. */
  readonly grid: readonly [number, number];
  /** Side of a patch in pixels, up to 128. */
  readonly patch: number;
}

/**
 * Mean and standard deviation of each channel over each patch: what a patch looks like without any
 * learning.
 *
 * @param rgb `[images, words]` u32: the bytes of `[height, width, 3]`, each image padded to words,
 * as `patchify` reads them.
 * @returns `[images, patches, 8]` f32: means of red, green and blue in 0 … 1, their deviations, and
 * two 0.
 * @throws {ShapeError} when a picture's bytes do not fit its words.
 * @throws {RangeError} when `patch` is not a whole number from 1 to 128.
 */
export function patchStatistics(
  gpu: Gpu,
  rgb: Tensor<"u32">,
  { grid: [rows, columns], patch }: PatchStatisticsOptions,
): Tensor {
  const { images, words } = expectShape("patchStatistics: rgb", rgb, "[images, words]");
  if (!Number.isInteger(patch) || patch < 1 || patch > MAX_PATCH) {
    throw new RangeError(`patchStatistics: patch must be 1 … ${MAX_PATCH}, got ${patch}`);
  }
  const patches = rows * columns;
  const bytes = patches * patch * patch * 3;
  if (words !== Math.ceil(bytes / 4)) {
    throw new ShapeError(
      `patchStatistics: ${bytes} bytes need ${Math.ceil(bytes / 4)} words, got ${words}`,
    );
  }
  const out = gpu.empty([images, patches, 8]);
  gpu.run(patchStatisticsKernel, { rgb, out, params: { words, rows, columns, side: patch } }, {
    workgroups: [Math.ceil(patches / patchStatisticsKernel.overrides.WORKGROUP), images],
  });
  return out;
}

import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { patchColoursKernel } from "./patch_colours.gen.ts";

/** Longest side of a patch: one invocation visits its pixels, and CPU adapters count rounds. */
const MAX_PATCH = 128;

/** Options of {@linkcode patchColours}. */
export interface PatchColoursOptions {
  /** Patches down and across, `[rows, columns]`. */
  readonly grid: readonly [number, number];
  /** Side of a patch in pixels, up to 128. */
  readonly patch: number;
}

/**
 * Mean colour of each patch.
 *
 * @param rgb `[images, words]` u32: the bytes of `[height, width, 3]`, each image padded to words,
 * as `patchify` reads them.
 * @returns `[images, patches, 4]` f32: red, green, blue in 0 … 1, and 0.
 * @throws {ShapeError} when a picture's bytes do not fit its words.
 * @throws {RangeError} when `patch` is not a whole number from 1 to 128.
 */
export function patchColours(
  gpu: Gpu,
  rgb: Tensor<"u32">,
  { grid: [rows, columns], patch }: PatchColoursOptions,
): Tensor {
  const { images, words } = expectShape("patchColours: rgb", rgb, "[images, words]");
  if (!Number.isInteger(patch) || patch < 1 || patch > MAX_PATCH) {
    throw new RangeError(`patchColours: patch must be 1 … ${MAX_PATCH}, got ${patch}`);
  }
  const patches = rows * columns;
  const bytes = patches * patch * patch * 3;
  if (words !== Math.ceil(bytes / 4)) {
    throw new ShapeError(
      `patchColours: ${bytes} bytes need ${Math.ceil(bytes / 4)} words, got ${words}`,
    );
  }
  const out = gpu.empty([images, patches, 4]);
  gpu.run(patchColoursKernel, { rgb, out, params: { words, rows, columns, side: patch } }, {
    workgroups: [Math.ceil(patches / patchColoursKernel.overrides.WORKGROUP), images],
  });
  return out;
}

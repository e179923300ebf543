import { uniforms } from "@fiedler/kernels";
import { pretrainRandom } from "./random_use.ts";

/** Which patches a masked autoencoder sees of a picture, by their index in the grid; both rising. */
export interface PatchMask {
  /** Those that the encoder sees. */
  readonly visible: Uint32Array;
  /** Those that the decoder has to predict: all others. */
  readonly hidden: Uint32Array;
}

/** Options of {@linkcode patchMasks}. */
export interface PatchMaskOptions {
  /** Pictures of the step. */
  readonly images: number;
  /** Patches of a picture. */
  readonly patches: number;
  /** Share that is hidden, in (0, 1); ⌊patches · (1 − ratio)⌋ are seen, at least 1 and not all. */
  readonly ratio: number;
  /** Of the course. */
  readonly seed: number;
  /** From 1 on. */
  readonly step: number;
}

/**
 * Hides a random share of each picture's patches, another one for each picture and step.
 *
 * Source: He et al. 2022 (MAE), arXiv 2111.06377, §3: random sampling without replacement.
 *
 * @throws {RangeError} when no patch is seen, or none is hidden.
 */
export function patchMasks(
  { images, patches, ratio, seed, step }: PatchMaskOptions,
): readonly PatchMask[] {
  const seen = Math.floor(patches * (1 - ratio));
  if (!(seen >= 1 && seen < patches)) {
    throw new RangeError(
      `patchMasks: a ratio must leave some of ${patches} patches and hide some, got ${ratio}`,
    );
  }
  return Array.from({ length: images }, (_, image) => {
    const keys = uniforms(patches, pretrainRandom(seed, "mask", [step, image]));
    const order = Uint32Array.from(keys.keys()).sort((a, b) => keys[a] - keys[b] || a - b);
    return { visible: order.slice(0, seen).sort(), hidden: order.slice(seen).sort() };
  });
}

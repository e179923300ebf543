import { uniforms } from "@fiedler/kernels";
import { makeScene, type SceneMode } from "@fiedler/scenes";
import type { RgbImage } from "@fiedler/io";
import { pretrainRandom } from "./random_use.ts";

/** A set of generated pictures. */
export interface SceneSet {
  /** How many there are. */
  readonly count: number;
  /** Two modes, the first one with its share. */
  readonly modes: readonly [SceneMode, SceneMode];
  /** Of the first mode. */
  readonly share: number;
}

/** The sets that the embedded models learnt from: many objects for the one, single ones for the other. */
export const SCENE_SETS: Readonly<Record<"mae" | "dino", SceneSet>> = {
  mae: { count: 18_000, modes: ["scene", "object"], share: 0.45 },
  dino: { count: 14_000, modes: ["product", "scene"], share: 0.85 },
};

/**
 * A generated picture of a set: the same bytes for the same numbers on every machine.
 *
 * @param index from 0 on, below the set's count.
 * @param seed a whole number from 0 to 2³² − 1; other scenes than those of the evaluation need another
 * one than theirs.
 * @param size pixels a side. Default 128.
 * @throws {RangeError} for a number out of range.
 *
 * @example
 * ```ts
 * import { scenePicture } from "@fiedler/pretrain";
 * import assert from "node:assert/strict";
 *
 * const { width, data } = scenePicture("mae", { seed: 1, index: 0, size: 32 });
 * assert.equal(data.length, 3 * width ** 2);
 * ```
 */
export function scenePicture(
  set: "mae" | "dino",
  { seed, index, size = 128 }: {
    readonly seed: number;
    readonly index: number;
    readonly size?: number;
  },
): RgbImage {
  const { count, modes, share } = SCENE_SETS[set];
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(
      `scenePicture: index must be a whole number from 0 to ${count - 1}, got ${index}`,
    );
  }
  const [draw] = uniforms(1, pretrainRandom(seed, "mode", [index, 0]));
  const { width, height, data } = makeScene({
    seed,
    index,
    size,
    mode: modes[draw < share ? 0 : 1],
  });
  return { width, height, data };
}

import type { RgbImage } from "@fiedler/io";
import { makeSampler } from "@fiedler/train";
import { type CropSettings, randomCrop } from "./crops.ts";
import { pretrainRandom } from "./random_use.ts";
import type { PretrainSettings } from "./settings.ts";

/** The crops of a step: all first ones, picture by picture, then all second ones, and so on. */
export interface PretrainBatch {
  /** Bytes of `[size, size, 3]` each. */
  readonly crops: readonly Uint8Array[];
  /** The same of a smaller size; none for a masked autoencoder. */
  readonly localCrops: readonly Uint8Array[];
}

/**
 * Which pictures each step sees: all of them once in every epoch, in an order of its own.
 *
 * @param count of the pictures.
 * @returns the indices of the pictures of a step, from 1 on, whatever was asked before.
 * @throws {RangeError} without pictures, or for a batch that is no positive whole number.
 */
export function pictureOrder(
  { batch, seed }: PretrainSettings,
  count: number,
): (step: number) => number[] {
  const batchOf = makeSampler(Array(count).fill([1, 1]), { batch, seed });
  return (step) => batchOf(step - 1);
}

/**
 * Makes the crops of a step: a pure function of its numbers and the pictures, so that it may run ahead
 * in a worker.
 *
 * @param pictures `settings.batch` of them, of any sizes.
 * @param step from 1 on.
 * @throws {RangeError} for another number of pictures, or settings out of range.
 */
export function pretrainBatch(
  settings: PretrainSettings,
  pictures: readonly RgbImage[],
  step: number,
): PretrainBatch {
  const { batch, seed, crops } = settings;
  if (pictures.length !== batch) {
    throw new RangeError(`pretrainBatch: needs ${batch} pictures, got ${pictures.length}`);
  }
  const localCrops = settings.kind === "dino" ? settings.localCrops : [];
  const all = [...crops, ...localCrops];
  const views = all.flatMap((crop: CropSettings, view) =>
    pictures.map((picture, i) => {
      const place = [step, view * batch + i] as const;
      const [window, colour] = (["crop", "colour"] as const).map((use) =>
        pretrainRandom(seed, use, place)
      );
      return randomCrop(picture, crop, { crop: window, colour });
    })
  );
  const first = crops.length * batch;
  return { crops: views.slice(0, first), localCrops: views.slice(first) };
}

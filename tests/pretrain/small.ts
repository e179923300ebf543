import type { RgbImage } from "@fiedler/io";
import { DINO_TINY, type DinoSettings, MAE_TINY, type MaeSettings } from "@fiedler/pretrain";
import { TINY_VIT, type VitConfig } from "@fiedler/models";
import { generator } from "../support/random.ts";

/** A transformer of 16 dimensions and one block, on patches of 4 pixels. */
export const SMALL_VIT: VitConfig = { ...TINY_VIT, dim: 16, depth: 1, heads: 2, patch: 4 };

/** 16 pixels a side: 16 patches, of which 4 are seen. */
export const SMALL_MAE: MaeSettings = {
  ...MAE_TINY,
  model: { ...MAE_TINY.model, encoder: SMALL_VIT, decoder: { dim: 8, depth: 1, heads: 2 } },
  crops: [{ size: 16, area: [0.5, 1], colours: null }],
  batch: 3,
  steps: 8,
  optimiser: { ...MAE_TINY.optimiser, warmUp: 2, rate: 0.01 },
};

/** Prototypes that stay for two steps. */
export const SMALL_DINO: DinoSettings = {
  ...DINO_TINY,
  model: {
    ...DINO_TINY.model,
    encoder: SMALL_VIT,
    head: { hidden: 16, bottleneck: 8, prototypes: 12 },
    frozenPrototypes: 2,
  },
  crops: DINO_TINY.crops.map((crop) => ({ ...crop, size: 16 })),
  localCrops: DINO_TINY.localCrops.slice(0, 2).map((crop) => ({ ...crop, size: 8 })),
  batch: 3,
  steps: 8,
  optimiser: { ...DINO_TINY.optimiser, warmUp: 2, rate: 0.01 },
};

/** Pictures of smooth colours, a gradient across each. */
export function smoothPictures(count: number): RgbImage[] {
  const [width, height] = [24, 20];
  return Array.from({ length: count }, (_, image) => {
    const next = generator(image);
    const [from, across, down] = [0, 1, 2].map(() => [0, 1, 2].map(() => 80 * next()));
    const data = Uint8Array.from({ length: 3 * width * height }, (_, at) => {
      const [x, y, c] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width), at % 3];
      return from[c] + across[c] * x / width + down[c] * y / height;
    });
    return { width, height, data };
  });
}

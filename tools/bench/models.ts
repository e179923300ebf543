import type { Gpu } from "@fiedler/gpu";
import { type Backbone, vitBackbone } from "@fiedler/models";
import { randomResNet, randomVit } from "../random_models.ts";
import type { BenchCase } from "./case.ts";
import { embedded } from "./inputs.ts";

/** Features of whole pictures; published shapes have random weights. */
export const MODELS: readonly BenchCase[] = [
  ...model("mae-tiny, keys", maeTiny, [[1, 256, 256], [1, 256, 384]], { quick: true }),
  ...model("ViT-B/16, keys", vitB, [[1, 224, 224], [1, 480, 640]]),
  ...model("ViT-B/16 in f16, keys", vitBHalves, [[1, 224, 224]]),
  ...model("ViT-B/16, keys", vitB, [[8, 224, 224]], { slow: true }),
  ...model("ResNet-101, layer4", randomResNet, [[1, 224, 224]]),
  ...model("ResNet-101, layer4", randomResNet, [[1, 480, 640]], { slow: true }),
];

async function maeTiny(gpu: Gpu): Promise<Backbone> {
  return (await embedded(gpu, "mae-tiny")).backbone;
}

function vitB(gpu: Gpu): Backbone {
  return vitBackbone(randomVit(gpu, 768, 12, 12, 16));
}

/** Its matrices in half precision, sums in f32. */
function vitBHalves(gpu: Gpu): Backbone {
  return vitBackbone(randomVit(gpu, 768, 12, 12, 16, "f16"));
}

/** A case for each batch of pictures `[images, height, width]`. */
function model(
  name: string,
  load: (gpu: Gpu) => Backbone | Promise<Backbone>,
  batches: readonly (readonly [images: number, height: number, width: number])[],
  rest: Partial<Pick<BenchCase, "quick" | "slow">> = {},
): BenchCase[] {
  return batches.map(([images, height, width]) => ({
    ...{ group: "models", name, shape: `${images} of ${height} × ${width}` },
    ...rest,
    prepare: async (gpu) => {
      const backbone = await load(gpu);
      const words = height * width * 3 / 4;
      const pixels = Uint32Array.from(
        { length: images * words },
        (_, i) => Math.imul(i, 2654435761),
      );
      const rgb = gpu.upload(pixels, [images, words]);
      const grid = [height / backbone.patch, width / backbone.patch] as const;
      return {
        record: () => backbone.features(gpu, rgb, grid),
        flops: images * backbone.flops(grid),
        pictures: images,
      };
    },
  }));
}

import type { Gpu } from "@fiedler/gpu";
import { startParameters } from "@fiedler/models";
import { makeScene } from "@fiedler/scenes";
import {
  FULL_SEGMENTER,
  makeNetwork,
  type MapSource,
  mapSource,
  networkFlops,
  type SegmenterConfig,
  TINY_SEGMENTER,
} from "@fiedler/segmenter";
import {
  PAPER_TRAINING,
  stepViews,
  targetLevels,
  TINY_TRAINING,
  Trainer,
  type TrainingView,
  type TrainSettings,
} from "@fiedler/train";
import { randomResNet } from "../random_models.ts";
import type { BenchCase, Prepared } from "./case.ts";
import { embedded } from "./inputs.ts";

/** What is trained, on which pictures. */
interface Training {
  readonly config: SegmenterConfig;
  readonly settings: TrainSettings;
  readonly pictures: readonly TrainingView[];
  source(gpu: Gpu): Promise<MapSource>;
}

/** Steps that views are made for ahead; later ones take them again. */
const STEPS_AHEAD = 8;

/**
 * Steps of training: of the preset `tiny` on the embedded model and generated scenes, and of the
 * paper's shapes, one picture of 800 × 1333 on a ResNet-101 of random weights, of the eight of a
 * step: the others are accumulated one by one, and take as long. Views are made beforehand, as
 * workers do it.
 */
export const TRAINING: readonly BenchCase[] = [
  {
    ...{ group: "training", name: "step, tiny", shape: "4 of 192 × 192", quick: true, warmUp: 6 },
    prepare: (gpu) => training(gpu, tiny()),
  },
  {
    ...{ group: "training", name: "step, paper", shape: "1 of 8 of 800 × 1333", slow: true },
    prepare: (gpu) => training(gpu, paper()),
  },
];

const tiny = (): Training => ({
  config: TINY_SEGMENTER,
  settings: { ...TINY_TRAINING, views: { ...TINY_TRAINING.views, flip: 0 } },
  pictures: scenes(TINY_TRAINING.batch, 128, 128),
  source: async (gpu) => mapSource(await embedded(gpu, "mae-tiny"), TINY_SEGMENTER.features),
});

const paper = (): Training => ({
  config: FULL_SEGMENTER,
  settings: {
    ...{ ...PAPER_TRAINING, batch: 1 },
    views: { ...PAPER_TRAINING.views, shortSides: [800], strong: false },
  },
  pictures: scenes(1, 640, 480),
  source: (gpu) => {
    const about = { name: "random ResNet-101", sha256: "", centred: false };
    const model = { ...about, backbone: randomResNet(gpu) };
    return Promise.resolve(mapSource(model, FULL_SEGMENTER.features));
  },
});

async function training(
  gpu: Gpu,
  { config, settings, pictures, source: load }: Training,
): Promise<Prepared> {
  const source = await load(gpu);
  const network = makeNetwork(config, source, startParameters(gpu, 0));
  const trainer = new Trainer(gpu, { network, source, settings, keepMapsBytes: 2 ** 28 });
  const ids = pictures.map((_, i) => i);
  const views = Array.from({ length: settings.batch > 1 ? STEPS_AHEAD : 1 }, (_, i) => {
    const options = { step: i + 1, seed: 0, views: settings.views, levels: targetLevels(config) };
    return stepViews(pictures, ids, { ...options, multiple: network.multiple });
  });
  let step = 0;
  return {
    finish: () => trainer.step(views[step % views.length], ++step),
    // Backwards is twice forwards, without the gradient of the frozen maps.
    flops: 3 * pictures.length * networkFlops(config, source, views[0][0].padded),
    pictures: pictures.length,
  };
}

/** Scenes with their exact masks, stretched to the size of photos where they are to be. */
function scenes(count: number, width: number, height: number): TrainingView[] {
  return Array.from({ length: count }, (_, index) => {
    const { data, instances } = makeScene({ seed: 0, index, mode: "scene", size: 128 });
    const from = (x: number, y: number) =>
      Math.floor(y * 128 / height) * 128 + Math.floor(x * 128 / width);
    const places = Array.from(
      { length: width * height },
      (_, p) => from(p % width, Math.floor(p / width)),
    );
    const pixels = new Uint8Array(3 * places.length);
    places.forEach((at, p) => pixels.set(data.subarray(3 * at, 3 * at + 3), 3 * p));
    return {
      ...{ width, height, data: pixels },
      instances: instances.map(({ mask }) => ({
        mask: Uint8Array.from(places, (at) => mask[at]),
        label: 0,
      })),
    };
  });
}

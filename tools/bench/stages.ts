import type { Gpu, Tensor } from "@fiedler/gpu";
import { startParameters } from "@fiedler/models";
import { makeProposer, PRACTICAL, spectralCut } from "@fiedler/pipeline";
import {
  fitPicture,
  type FittedPicture,
  makeNetwork,
  mapSource,
  predict,
  TINY_SEGMENTER,
} from "@fiedler/segmenter";
import { selectMasks } from "../../packages/pipeline/select.ts";
import type { BenchCase, Prepared } from "./case.ts";
import { clusteredKeys, embedded, photo, preparedPhoto } from "./inputs.ts";

const PHOTOS = ["coffee.png", "chelsea.png", "rocket.jpg", "astronaut.png"];

/** Whole stages, with the embedded models. */
export const STAGES: readonly BenchCase[] = [
  {
    ...{ group: "stages", name: "proposals", shape: "1 photo, short side 256", quick: true },
    prepare: (gpu) => proposals(gpu, 1),
  },
  {
    ...{ group: "stages", name: "proposals", shape: "4 photos, short side 256" },
    prepare: (gpu) => proposals(gpu, 4),
  },
  {
    ...{ group: "stages", name: "components, filter, NMS", shape: "14 masks, 30 × 40" },
    prepare: masks,
  },
  {
    ...{
      group: "stages",
      name: "predict, untrained tiny segmenter",
      shape: "1 photo",
      quick: true,
    },
    prepare: (gpu) => prediction(gpu, 1),
  },
  {
    ...{ group: "stages", name: "predict, untrained tiny segmenter", shape: "4 photos" },
    prepare: (gpu) => prediction(gpu, 4),
  },
];

async function proposals(gpu: Gpu, pictures: number): Promise<Prepared> {
  const model = await embedded(gpu, "mae-tiny");
  const proposer = makeProposer(gpu, { model, saliencyModel: model, options: PRACTICAL });
  const prepared = await Promise.all(
    PHOTOS.slice(0, pictures).map((file, i) => preparedPhoto(file, i + 1, proposer.patch)),
  );
  return { finish: () => proposer.propose(prepared), pictures };
}

/** What comes behind the clusterings of a picture. */
function masks(gpu: Gpu): Prepared {
  const [rows, columns] = [30, 40];
  const { labels, unitKeys } = gpu.scope(() =>
    spectralCut(gpu, clusteredKeys(gpu, rows * columns), PRACTICAL)
  );
  const maps: Tensor<"u32"> = { ...labels, shape: [1, 4, rows, columns] };
  const saliencyLabels = gpu.empty([1, rows, columns], "u32");
  gpu.copy({ ...labels, shape: [rows * columns] }, saliencyLabels);
  const clusters = { labels: maps, clusterCounts: [2, 3, 4, 5], saliencyLabels, unitKeys };
  return { record: () => selectMasks(gpu, clusters, PRACTICAL), pictures: 1 };
}

/** Of an untrained network: its arithmetic is that of a trained one, what it finds is not. */
async function prediction(gpu: Gpu, pictures: number): Promise<Prepared> {
  const source = mapSource(await embedded(gpu, "mae-tiny"), TINY_SEGMENTER.features);
  const network = makeNetwork(TINY_SEGMENTER, source, startParameters(gpu, 0));
  const { shortSide, longest } = TINY_SEGMENTER;
  const rules = { shortSide, longest, multiple: network.multiple };
  const fitted: FittedPicture[] = [];
  for (const file of PHOTOS.slice(0, pictures)) fitted.push(fitPicture(await photo(file), rules));
  return { finish: () => predict(gpu, network, source, fitted), pictures };
}

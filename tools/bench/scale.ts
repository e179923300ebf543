import type { Gpu } from "@fiedler/gpu";
import { makeProposer, PRACTICAL, spectralCut } from "@fiedler/pipeline";
import type { BenchCase, Prepared } from "./case.ts";
import { clusteredKeys, embedded, stretchedPhoto } from "./inputs.ts";

/** Side of the embedded model's patches. */
const PATCH = 8;
/** What a proposer may take of the GPU's memory: pictures of 400 patches need 4 to 7 MiB each. */
const BUDGET = 64 * 2 ** 20;
const PHOTOS = ["coffee.png", "chelsea.png", "rocket.jpg", "astronaut.png", "horse.png"];

/** The last is the most that one binding of 128 MiB takes, but for a row. */
const GRIDS = [[14, 14], [30, 40], [60, 60], [76, 76]] as const;

/** How the cost of proposals grows with patches, pictures and clusterings. */
export const SCALE: readonly BenchCase[] = [
  ...GRIDS.flatMap(([rows, columns]): BenchCase[] => [
    scale("features, mae-tiny", `${rows * columns} patches`, async (gpu) => {
      const { backbone } = await embedded(gpu, "mae-tiny");
      const words = rows * columns * PATCH ** 2 * 3 / 4;
      const rgb = gpu.upload(new Uint32Array(words).fill(0x40a05070), [1, words]);
      const grid = [rows, columns] as const;
      return { record: () => backbone.features(gpu, rgb, grid), flops: backbone.flops(grid) };
    }),
    scale("affinity, eigenvectors, clusters", `${rows * columns} patches`, (gpu) => {
      const keys = clusteredKeys(gpu, rows * columns);
      return { record: () => spectralCut(gpu, keys, PRACTICAL) };
    }),
    scale(
      "proposals",
      `${rows * columns} patches`,
      (gpu) => proposals(gpu, 1, [rows * PATCH, columns * PATCH]),
    ),
  ]),
  ...[1, 5, 20].map((pictures) => ({
    ...scale(
      "proposals within 64 MiB",
      `${pictures} of 400 patches`,
      (gpu) => proposals(gpu, pictures, [160, 160]),
    ),
    gpu: { memoryBudgetBytes: BUDGET },
  })),
  ...[[2], [2, 3, 4, 5], [2, 3, 4, 5, 6, 7, 8, 9, 10], [16]].map((clusterCounts) =>
    scale("clusters of 1200 patches", `k = ${clusterCounts.join(", ")}`, (gpu) => {
      const keys = clusteredKeys(gpu, 1200);
      return { record: () => spectralCut(gpu, keys, { ...PRACTICAL, clusterCounts }) };
    })
  ),
];

function scale(name: string, shape: string, prepare: BenchCase["prepare"]): BenchCase {
  return { group: "scale", name, shape, prepare };
}

async function proposals(
  gpu: Gpu,
  pictures: number,
  size: readonly [number, number],
): Promise<Prepared> {
  const model = await embedded(gpu, "mae-tiny");
  const proposer = makeProposer(gpu, { model, saliencyModel: model, options: PRACTICAL });
  const prepared = await Promise.all(
    Array.from({ length: pictures }, (_, i) => stretchedPhoto(PHOTOS[i % 5], i + 1, size)),
  );
  return { finish: () => proposer.propose(prepared), pictures };
}

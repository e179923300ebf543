import { type Gpu, openPlanner, type PlannedFor } from "@fiedler/gpu";
import { inferenceLayers, type Solov2Output } from "@fiedler/models";
import { type Candidate, findCells, kernelTable } from "./detect_cells.ts";
import { scoreMasks } from "./detect_masks.ts";
import { type DetectOptions, detectSettings } from "./detect_options.ts";
import { pasteDetections } from "./detect_paste.ts";
import type { FittedSizes } from "./fitted_picture.ts";
import type { MapSource, Network } from "./network.ts";

/** What {@linkcode predictBytes} plans. */
export interface PredictBytesOptions extends DetectOptions {
  /** The network; its parameters may lie on any device, and are not counted. */
  readonly network: Network;
  /** Its maps, likewise. */
  readonly source: MapSource;
  /** Sizes of the largest picture. */
  readonly sizes: FittedSizes;
  /** Pictures that go through the network together. Default 1. */
  readonly images?: number;
}

/**
 * Most bytes of GPU memory that prediction takes, besides all parameters, when every cell of one
 * category may show an object. Only a picture with more candidates, of several categories, takes more.
 *
 * Found by recording it on a device that allocates nothing: {@linkcode openPlanner}.
 *
 * @param like The device it would run on.
 * @throws {GpuMemoryError} when a tensor is larger than the device allows.
 * @throws {RangeError} when a size does not suit the network.
 */
export async function predictBytes(
  like: PlannedFor,
  { network, source, sizes, images = 1, ...options }: PredictBytesOptions,
): Promise<number> {
  const gpu = await openPlanner(like);
  try {
    const [height, width] = sizes.padded;
    const rgb = gpu.empty([images, Math.ceil(3 * height * width / 4)], "u32");
    const maps = await source.maps(gpu, rgb, sizes.padded);
    const output = network.forward(inferenceLayers(gpu), maps);
    gpu.free(...maps, rgb);
    await planDetection(gpu, output, new Array<FittedSizes>(images).fill(sizes), options);
    return gpu.memory.neededBytes;
  } finally {
    gpu.close();
  }
}

/** Records {@linkcode detect} with as many masks as there may be: the planner itself reads zeros. */
async function planDetection(
  gpu: Gpu,
  output: Solov2Output,
  pictures: readonly FittedSizes[],
  options: DetectOptions,
): Promise<void> {
  const settings = { ...detectSettings(options), leastPixels: output.kernels.map(() => 0) };
  const [, rows, columns] = output.features.shape;
  const { maxStorageBufferBindingSize: limit } = gpu.device.limits;
  const most = Math.max(1, Math.floor(limit / (4 * Math.ceil(rows * columns / 32))));
  const cells = cellsOf(output).slice(0, most);
  await findCells(gpu, output, settings.scoreThreshold);
  const table = kernelTable(gpu, output);
  await scoreMasks(gpu, output, table, pictures.map(() => cells), settings);
  // Readbacks are full with these; more masks of a picture are read after them.
  const [height, width] = pictures[0].original;
  const full = Math.ceil(settings.blockBytes / (4 * Math.ceil(height / 32) * width));
  const kept = cells.slice(0, Math.min(settings.mostDetections, full))
    .map((cell) => ({ ...cell, maskness: 1, score: 1 }));
  await pasteDetections(gpu, output, table, pictures, pictures.map(() => kept), settings);
}

/** All cells, as if each showed an object of the first category. */
const cellsOf = ({ kernels }: Solov2Output): Candidate[] =>
  kernels.flatMap(({ shape: [, grid] }, level) =>
    Array.from(
      { length: grid * grid },
      (_, index) => ({ level, index, category: 0, classScore: 1 }),
    )
  );

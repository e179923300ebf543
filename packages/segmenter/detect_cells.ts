import type { Gpu, Tensor } from "@fiedler/gpu";
import { dynamicConv, gatherRows } from "@fiedler/kernels";
import type { Solov2Output } from "@fiedler/models";
import { pointNms } from "./point_nms.ts";

/** A cell that may show an object of a category. */
export interface Candidate {
  /** Level of the network. */
  readonly level: number;
  /** Row × grid + column on it. */
  readonly index: number;
  /** From 0. */
  readonly category: number;
  /** Probability that the cell shows an object of the category. */
  readonly classScore: number;
}

/**
 * The cells of each picture that point NMS leaves and whose probability exceeds a threshold, by level,
 * cell and category. One readback.
 *
 * @throws {RangeError} when a logit is no finite number: then the weights, or the maps, are broken.
 */
export async function findCells(
  gpu: Gpu,
  { categories }: Solov2Output,
  scoreThreshold: number,
): Promise<Candidate[][]> {
  const logits = await gpu.readAll(categories);
  logits.forEach((values, level) => {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at < 0) return;
    throw new RangeError(
      `detect: the logits of level ${level} must be finite, got ${values[at]} at ${at}; ` +
        "the weights or the feature maps are broken",
    );
  });
  const images = categories[0].shape[1];
  return Array.from(
    { length: images },
    (_, image) =>
      categories.flatMap(({ shape: [count, , grid] }, level) =>
        Array.from({ length: count }, (_, category) => {
          const plane = (category * images + image) * grid * grid;
          const own = logits[level].subarray(plane, plane + grid * grid);
          // Logits order the cells as their probabilities do, also where those round to 1.
          return pointNms(own, grid)
            .map((index) => ({ level, index, category, classScore: sigmoid(own[index]) }))
            .filter(({ classScore }) => classScore > scoreThreshold);
        }).flat().sort((a, b) => a.index - b.index || a.category - b.category)
      ),
  );
}

const sigmoid = (t: number): number => 1 / (1 + Math.exp(-t));

/** The kernels of all cells in one table, and where those of a level and a picture begin. */
export interface KernelTable {
  /** `[cells, maskChannels]` f32. */
  readonly rows: Tensor;
  /** Row of cell 0, by level and picture. */
  readonly first: (level: number, picture: number) => number;
}

/** Puts the kernels of all levels into one table, so that cells of several are gathered at once. */
export function kernelTable(gpu: Gpu, { kernels }: Solov2Output): KernelTable {
  const channels = kernels[0].shape[3];
  const starts: number[] = [];
  let cells = 0;
  for (const { shape: [images, grid] } of kernels) {
    starts.push(cells);
    cells += images * grid * grid;
  }
  const rows = gpu.empty([cells, channels]);
  kernels.forEach((tensor, level) => gpu.copy(tensor, rows, starts[level] * channels));
  const first = (level: number, picture: number) =>
    starts[level] + picture * kernels[level].shape[1] ** 2;
  return { rows, first };
}

/** Logits of the masks of some cells of a picture, `[cells, height, width]` f32. */
export function maskLogits(
  gpu: Gpu,
  { features }: Solov2Output,
  { rows, first }: KernelTable,
  picture: number,
  cells: readonly Candidate[],
): Tensor {
  return gpu.scope(() => {
    const index = cells.map(({ level, index }) => first(level, picture) + index);
    const counts = new Array<number>(features.shape[0]).fill(0); // entries of each picture
    counts[picture] = cells.length;
    return dynamicConv(gpu, gatherRows(gpu, rows, index), features, counts);
  });
}

/** How many masks of the size of the features make a block. */
export function masksPerBlock(gpu: Gpu, { features }: Solov2Output, blockBytes: number): number {
  const [, height, width] = features.shape;
  const bytes = Math.min(blockBytes, gpu.device.limits.maxStorageBufferBindingSize);
  return Math.max(1, Math.floor(bytes / (4 * height * width)));
}

/** A list in parts of so many, the last one shorter. */
export function partsOf<T>(items: readonly T[], length: number): T[][] {
  return Array.from(
    { length: Math.ceil(items.length / length) },
    (_, part) => items.slice(part * length, (part + 1) * length),
  );
}

import { type AnyTensor, type Gpu, GpuMemoryError, MAX_WORKGROUPS } from "@fiedler/gpu";
import { bestMasks, maskOverlaps, maskStatistics } from "@fiedler/kernels";
import type { Solov2Output } from "@fiedler/models";
import {
  type Candidate,
  type KernelTable,
  maskLogits,
  masksPerBlock,
  partsOf,
} from "./detect_cells.ts";
import type { DetectSettings } from "./detect_options.ts";
import { matrixNms } from "./matrix_nms.ts";

/** A candidate whose mask is known at the size of the mask features. */
export interface Scored extends Candidate {
  /** Mean probability inside the mask. */
  readonly maskness: number;
  /** Class score × maskness, lowered by Matrix NMS. */
  readonly score: number;
}

/** Settings with the least pixels of each level. */
type ScoreSettings = DetectSettings & { readonly leastPixels: readonly number[] };

/** What the GPU finds out about the masks of a picture. */
interface Measures {
  /** `[candidates]` u32: pixels of each mask. */
  readonly counts: Uint32Array;
  /** `[candidates]` f32: their mean probability. */
  readonly means: Float32Array;
  /** `[limit]` u32: the best of them, best first. */
  readonly order: Uint32Array;
  /** `[limit, limit]` u32: pixels that two of the best share. */
  readonly overlaps: Uint32Array;
}

/**
 * The detections of each picture, best first: the best candidates by class score × maskness, their
 * scores lowered by Matrix NMS, as far as they are kept. One readback.
 *
 * @throws {GpuMemoryError} when a picture has more candidates than masks fit.
 */
export async function scoreMasks(
  gpu: Gpu,
  output: Solov2Output,
  table: KernelTable,
  pictures: readonly (readonly Candidate[])[],
  settings: ScoreSettings,
): Promise<Scored[][]> {
  const busy = [...pictures.keys()].filter((picture) => pictures[picture].length > 0);
  const scored: Scored[][] = pictures.map(() => []);
  if (busy.length === 0) return scored;
  const tensors = gpu.scope(() =>
    busy.map((picture) => measure(gpu, output, table, picture, pictures[picture], settings))
  );
  try {
    const blocks = await gpu.readAll(tensors.flat());
    busy.forEach((picture, i) => {
      const [counts, means, order, overlaps] = blocks.slice(4 * i, 4 * i + 4);
      const measures = { counts, means, order, overlaps } as Measures;
      scored[picture] = suppress(pictures[picture], measures, settings);
    });
  } finally {
    gpu.free(...tensors.flat());
  }
  return scored;
}

/** The tensors of {@linkcode Measures}, in their order. */
function measure(
  gpu: Gpu,
  output: Solov2Output,
  table: KernelTable,
  picture: number,
  candidates: readonly Candidate[],
  { blockBytes, leastPixels, maskThreshold, mostCells }: ScoreSettings,
): AnyTensor[] {
  const [, height, width] = output.features.shape;
  const words = Math.ceil(height * width / 32);
  const count = candidates.length;
  expectRoom(gpu, picture, count, words);
  return gpu.scope(() => {
    const bits = gpu.empty([count, words], "u32");
    const counts = gpu.empty([count], "u32");
    const means = gpu.empty([count]);
    const size = masksPerBlock(gpu, output, blockBytes);
    partsOf(candidates, size).forEach((part, i) =>
      gpu.scope(() => {
        const logits = maskLogits(gpu, output, table, picture, part);
        const found = maskStatistics(gpu, logits, maskThreshold);
        gpu.copy(found.bits, bits, i * size * words);
        gpu.copy(found.counts, counts, i * size);
        gpu.copy(found.means, means, i * size);
      })
    );
    const chances = Float32Array.from(candidates, ({ classScore }) => classScore);
    const least = Uint32Array.from(candidates, ({ level }) => leastPixels[level]);
    const best = bestMasks(gpu, {
      ...{ bits, counts, means },
      chances: gpu.upload(chances, [count]),
      least: gpu.upload(least, [count]),
    }, mostCells);
    return [counts, means, best.order, maskOverlaps(gpu, best.bits, best.order.shape[0])];
  });
}

function expectRoom(gpu: Gpu, picture: number, count: number, words: number): void {
  const fit = Math.floor(gpu.device.limits.maxStorageBufferBindingSize / (4 * words));
  const most = Math.min(MAX_WORKGROUPS, fit);
  if (count <= most) return;
  throw new GpuMemoryError(
    `detect: picture ${picture} has ${count} cells above the score threshold, the masks of at most ` +
      `${most} fit the adapter; raise scoreThreshold`,
  );
}

/** The masks that stay, best first; equal scores in the order of their ranks before suppression. */
function suppress(
  candidates: readonly Candidate[],
  { counts, means, order, overlaps }: Measures,
  { leastPixels, leastScore, mostDetections, nms }: ScoreSettings,
): Scored[] {
  const best = Array.from(order, (m) => candidates[m]);
  const areas = order.map((m) => counts[m]);
  const large = best.map(({ level }, rank) => areas[rank] > leastPixels[level]);
  const scores = matrixNms({
    // Too small a mask has no score, and so lowers no other's.
    scores: best.map(({ classScore }, rank) => large[rank] ? classScore * means[order[rank]] : 0),
    categories: best.map(({ category }) => category),
    areas,
    intersections: overlaps,
  }, nms);
  return [...best.keys()]
    .filter((rank) => large[rank] && scores[rank] >= leastScore)
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, mostDetections)
    .map((rank) => ({ ...best[rank], maskness: means[order[rank]], score: scores[rank] }));
}

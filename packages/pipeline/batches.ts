import { flatness, type RgbImage } from "@fiedler/io";
import type { Backbone, Grid } from "@fiedler/models";
import type { PreparedPicture } from "./propose.ts";
import { FLAT_LIMIT } from "./record_picture.ts";

/**
 * Most patches a picture may have: our choice, as many as have been tried. The graph of 16,384
 * takes 1 GiB, in panels where an adapter does not bind that at once; whether it is there is for
 * the plan of memory to say.
 */
export const MOST_PATCHES = 16_384;

/** What decides how many pictures fit a batch. */
export interface BatchLimits {
  /** Side of a patch in pixels, and of a cell of the grid, which may be half of it. */
  readonly patch: number;
  readonly cell: number;
  /** Whether the graph is kept as bits, see `spectralCut`. */
  readonly bits: boolean;
  /** The feature extractors. */
  readonly backbones: readonly Pick<Backbone, "largestTensorBytes">[];
  /** Most pictures of a batch, whatever fits. */
  readonly most: number;
  /** Bytes that one tensor may have: the adapter's binding limit. */
  readonly bindingBytes: number;
}

/** Indices of the pictures to compute together: one grid size, bounded memory, none flat. */
export function batches(pictures: readonly PreparedPicture[], limits: BatchLimits): number[][] {
  const bySize = new Map<string, number[]>();
  pictures.forEach(({ pixels }, index) => {
    if (isFlat(pixels)) return;
    const key = `${pixels.height} ${pixels.width}`;
    bySize.set(key, [...bySize.get(key) ?? [], index]);
  });
  return [...bySize.values()].flatMap((indices) => {
    const { height, width } = pictures[indices[0]].pixels;
    const size = mostPictures([height / limits.patch, width / limits.patch], limits);
    const parts: number[][] = [];
    for (let at = 0; at < indices.length; at += size) parts.push(indices.slice(at, at + size));
    return parts;
  });
}

/** Whether all pixels are equal within noise: there is nothing to compute. */
export const isFlat = (pixels: RgbImage): boolean =>
  flatness(pixels).every((deviation) => deviation < FLAT_LIMIT);

/** Most pictures of a grid that one batch can hold: every tensor must be bound whole. */
export function mostPictures(grid: Grid, limits: BatchLimits): number {
  const fit = Math.floor(limits.bindingBytes / largestTensor(grid, limits));
  return Math.max(1, Math.min(fit, limits.most));
}

/** Bytes a picture has in the largest tensor: its graph, or one inside a feature extractor. */
function largestTensor(grid: Grid, { patch, cell, bits, backbones }: BatchLimits): number {
  const cells = grid[0] * grid[1] * (patch / cell) ** 2;
  const inside = backbones.map((backbone) => backbone.largestTensorBytes(grid));
  return Math.max(bits ? cells ** 2 / 8 : 4 * cells ** 2, ...inside);
}

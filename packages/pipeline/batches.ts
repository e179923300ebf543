import type { Gpu } from "@fiedler/gpu";
import { flatness } from "@fiedler/io";
import type { PreparedPicture } from "./propose.ts";
import { FLAT_LIMIT } from "./record_picture.ts";

/**
 * Most patches a picture may have on an adapter: it must bind an f32 matrix of patches × patches,
 * both for attention and for the graph; 5,788 for the portable 128 MiB.
 */
export function maxPatches({ device }: Gpu): number {
  return (Math.floor(Math.sqrt(device.limits.maxStorageBufferBindingSize / 4)) & ~3) - 4;
}

/** What decides how many pictures fit a batch. */
export interface BatchLimits {
  /** Side of a patch in pixels, and of a cell of the grid, which may be half of it. */
  readonly patch: number;
  readonly cell: number;
  /** Width of the widest model. */
  readonly dim: number;
  /** Most pictures of a batch, whatever fits. */
  readonly most: number;
  /** Bytes that one tensor may have: the adapter's binding limit. */
  readonly bindingBytes: number;
}

/** Indices of the pictures to compute together: one grid size, bounded memory, none flat. */
export function batches(pictures: readonly PreparedPicture[], limits: BatchLimits): number[][] {
  const bySize = new Map<string, number[]>();
  pictures.forEach(({ pixels }, index) => {
    if (flatness(pixels).every((deviation) => deviation < FLAT_LIMIT)) return;
    const key = `${pixels.height} ${pixels.width}`;
    bySize.set(key, [...bySize.get(key) ?? [], index]);
  });
  return [...bySize.values()].flatMap((indices) => {
    const { height, width } = pictures[indices[0]].pixels;
    const fit = Math.floor(limits.bindingBytes / largestTensor(height * width, limits));
    const size = Math.max(1, Math.min(fit, limits.most));
    const parts: number[][] = [];
    for (let at = 0; at < indices.length; at += size) parts.push(indices.slice(at, at + size));
    return parts;
  });
}

/** Bytes a picture has in the largest tensor: its graph, its pixels, or the MLP's hidden layer. */
function largestTensor(pixels: number, { patch, cell, dim }: BatchLimits): number {
  const cells = pixels / cell ** 2;
  const tokens = pixels / patch ** 2 + 1; // with a class token
  return 4 * Math.max(cells ** 2, tokens * Math.max(4 * dim, 3 * patch ** 2));
}

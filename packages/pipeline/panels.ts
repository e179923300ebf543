import type { PreparedPicture, StageArrays } from "./propose.ts";
import type { PanelRecord } from "./record.ts";
import type { PictureMasks } from "./select.ts";

/** The arrays of one picture that panels and saved stages show. */
export interface PictureArrays {
  /** `[rows, columns]` of patches. */
  readonly grid: readonly [number, number];
  readonly clusterCounts: readonly number[];
  /** Of the normalised affinity, descending. */
  readonly eigenvalues: Float32Array<ArrayBuffer>;
  /** `[patches, count]`. */
  readonly eigenvectors: Float32Array<ArrayBuffer>;
  /** `[patches, count]` of the saliency model. */
  readonly saliencyEigenvectors: Float32Array<ArrayBuffer> | null;
  /** `[maps, patches]`. */
  readonly labels: Uint32Array<ArrayBuffer>;
  readonly masks: PictureMasks;
}

/** Eigenvectors of the saliency model that a panel shows: the one that makes the cut, and one. */
export const SALIENCY_VECTORS = 2;

/** Grids for the report; empty ones for a picture that was not computed. */
export function panelOf(
  { image, id }: PreparedPicture,
  arrays: PictureArrays | null,
): Omit<PanelRecord, "thumbnail"> {
  if (!arrays) {
    const grid = [0, 0] as const;
    return { image, id, grid, eigenvectors: [], saliencyEigenvectors: [], labels: [] };
  }
  const { grid, clusterCounts, eigenvectors, saliencyEigenvectors, labels } = arrays;
  const patches = grid[0] * grid[1];
  return {
    image,
    id,
    grid,
    eigenvectors: vectorPanels(eigenvectors, patches, Math.max(...clusterCounts) - 1),
    saliencyEigenvectors: saliencyEigenvectors
      ? vectorPanels(saliencyEigenvectors, patches, SALIENCY_VECTORS)
      : [],
    labels: clusterCounts.map((k, map) => ({
      k,
      labels: base64(Uint8Array.from(labels.subarray(map * patches, (map + 1) * patches))),
    })),
  };
}

const vectorPanels = (vectors: Float32Array, patches: number, wanted: number): string[] =>
  vectorLevels(vectors, patches, wanted).map(base64);

/**
 * Eigenvectors 2, 3, … as bytes: 128 is zero, the entry of largest magnitude 255.
 *
 * @param vectors `[patches, count]`.
 * @param wanted at most so many.
 * @returns `[patches]` each.
 */
export function vectorLevels(
  vectors: Float32Array,
  patches: number,
  wanted: number,
): Uint8Array<ArrayBuffer>[] {
  const count = vectors.length / patches;
  return Array.from({ length: Math.max(0, Math.min(wanted, count - 1)) }, (_, i) => {
    const column = Float32Array.from(
      { length: patches },
      (_, patch) => vectors[patch * count + i + 1],
    );
    const largest = column.reduce((a, b) => Math.abs(b) > Math.abs(a) ? b : a, 0);
    return Uint8Array.from(column, (v) => Math.round(128 + 127 * v / (largest || 1)));
  });
}

/** Every array of one picture, by file name. */
export function stagesOf(
  { grid, clusterCounts, eigenvalues, eigenvectors, labels, masks }: PictureArrays,
  keys: Float32Array<ArrayBuffer>,
  affinity: Float32Array<ArrayBuffer>,
): StageArrays {
  const patches = grid[0] * grid[1];
  const kept = masks.masks.flatMap(({ dropped, id }) => dropped ? [] : [masks.grids[id]]);
  const proposals = new Uint32Array(kept.length * patches);
  kept.forEach((mask, i) => proposals.set(mask, i * patches));
  return {
    keys: { shape: [patches, keys.length / patches], data: keys },
    affinity: { shape: [patches, patches], data: affinity },
    eigenvalues: { shape: [eigenvalues.length], data: eigenvalues.map((value) => 1 - value) },
    eigenvectors: { shape: [patches, eigenvectors.length / patches], data: eigenvectors },
    ...Object.fromEntries(clusterCounts.map((k, map) => [
      `labels_k${k}`,
      { shape: grid, data: labels.slice(map * patches, (map + 1) * patches) },
    ])),
    ...(masks.saliencyGrid
      ? { saliency: { shape: grid, data: Uint32Array.from(masks.saliencyGrid) } }
      : {}),
    proposals: { shape: [kept.length, ...grid], data: proposals },
  };
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

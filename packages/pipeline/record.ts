/**
 * What the proposal stage says of one picture: plain data, one JSON line each.
 *
 * Units: "patches" are cells of the token grid, "pixels" are pixels of the original picture after
 * its EXIF orientation. Grids are `[rows, columns]`, sizes of pictures `[height, width]`.
 */

/** Why a mask is not among the kept ones. */
export type DropReason =
  | { readonly rule: "area"; readonly areaPatches: number; readonly minPatches: number }
  | { readonly rule: "size"; readonly share: number; readonly maxShare: number }
  | { readonly rule: "saliency"; readonly score: number; readonly threshold: number }
  | {
    readonly rule: "nms";
    /** `id` of the kept mask that suppressed this one. */
    readonly rival: number;
    readonly iou: number;
    readonly threshold: number;
  };

/** One connected piece of one cluster (§4 of the paper: "component split"). */
export interface MaskRecord {
  /** Number within the picture, from 0, in order of (k, first cell in raster order). */
  readonly id: number;
  /** Cluster count of the clustering this mask comes from. */
  readonly k: number;
  /** Cluster within that clustering, 0 … k − 1, numbered by first occurrence in raster order. */
  readonly cluster: number;
  /** Piece within the cluster, from 0, in raster order of the first cell. */
  readonly component: number;
  /** Cells of the mask. */
  readonly areaPatches: number;
  /** Cells on the border of the grid, each counted once. */
  readonly borderPatches: number;
  /** |M ∩ S| / |M|, S the saliency mask; null without saliency. */
  readonly ioa: number | null;
  /** |M ∩ S| / |M ∪ S|; null without saliency. */
  readonly iou: number | null;
  /** Mean cosine of the patches' keys to the mask's mean key, in [−1, 1]. */
  readonly coherence: number;
  /** Place among the masks that survived the filter, 0 is best; null when filtered out. */
  readonly rank: number | null;
  /** Null when kept. */
  readonly dropped: DropReason | null;
  /** The mask on the grid: COCO column-major run lengths, `size` = `[rows, columns]`. */
  readonly grid: { readonly size: readonly [number, number]; readonly counts: string };
  /** Kept masks only: the mask at picture size, COCO compressed run lengths, and its box. */
  readonly segmentation?: { readonly size: readonly [number, number]; readonly counts: string };
  /** Kept masks only: `[x, y, width, height]` in pixels. */
  readonly bbox?: readonly [number, number, number, number];
  /** Kept masks only: pixels of the mask at picture size. */
  readonly areaPixels?: number;
}

/** What was noticed about a picture that changes how far its masks can be trusted. */
export type PictureFlag =
  /** All pixels equal within noise: nothing was computed, no proposal. */
  | "flat"
  /** Keys equal everywhere: the graph has no structure, no proposal. */
  | "no-structure"
  /** An eigenvector's residual is above the tolerance. */
  | "not-converged"
  /** λ(k+1) − λ(k) is below 1e-3 for a k in use: that clustering is not well determined. */
  | "small-gap"
  /** A clustering left a cluster empty: fewer than k segments for some k. */
  | "empty-cluster"
  /** The saliency cut is missing (flat, or one cluster only). */
  | "no-saliency";

/** One picture's result: one line of `proposals/shard-*.jsonl`. */
export interface PictureRecord {
  /** Path relative to the input folder, with `/`. */
  readonly image: string;
  /** COCO image id: the number the file is named by, else its place in the sorted listing from 1. */
  readonly id: number;
  /** SHA-256 of the file's bytes. */
  readonly sha256: string;
  /** Original `[height, width]` in pixels, after EXIF orientation. */
  readonly size: readonly [number, number];
  /** `[height, width]` after the resize rule. */
  readonly resized: readonly [number, number];
  /** `[height, width]` of the part of the resized picture that the grid covers, from top left. */
  readonly crop: readonly [number, number];
  /** `[rows, columns]` of patches. */
  readonly grid: readonly [number, number];
  /** Side of a cell of the grid in resized pixels: a patch, or half of one with `features-x2`. */
  readonly patch: number;
  /** The extractor, the SHA-256 of its weights, whether grey keys were subtracted. */
  readonly model: { readonly name: string; readonly sha256: string; readonly centred: boolean };
  /** The same of the extractor behind the saliency mask; null without saliency. */
  readonly saliencyModel:
    | { readonly name: string; readonly sha256: string; readonly centred: boolean }
    | null;
  /** Seed of k-means, of discretize and of the eigensolver's start. */
  readonly seed: number;
  /** What lowers the trust in the masks; empty for most pictures. */
  readonly flags: readonly PictureFlag[];
  /** Smallest eigenvalues of the normalised Laplacian, ascending; residuals ‖Ax − μx‖ beside them. */
  readonly eigen: {
    readonly values: readonly number[];
    readonly residuals: readonly number[];
    /** λ(k+1) − λ(k) for each k of `clusterCounts`. */
    readonly gaps: Readonly<Record<string, number>>;
  };
  /** The saliency mask on the grid; null without one, see the flag `no-saliency`. */
  readonly saliency: {
    readonly areaPatches: number;
    /** Border cells of the two clusters: the one with fewer is the foreground. */
    readonly borderPatches: readonly [number, number];
    readonly grid: { readonly size: readonly [number, number]; readonly counts: string };
  } | null;
  /** Masks left after each step. */
  readonly counts: {
    readonly clusters: number;
    readonly components: number;
    readonly afterArea: number;
    readonly afterSaliency: number;
    readonly kept: number;
  };
  /** Every component, kept or dropped; the kept ones carry a picture-size mask. */
  readonly masks: readonly MaskRecord[];
}

/** A picture that was not processed: one line of `skipped.jsonl`. */
export interface SkipRecord {
  /** Path relative to the input folder, with `/`. */
  readonly image: string;
  /** COCO image id, see {@linkcode PictureRecord.id}. */
  readonly id: number;
  /** Machine-readable class: an error code such as "truncated". */
  readonly code: string;
  /** What was wrong with the file, for people. */
  readonly reason: string;
}

/**
 * Small grids that the report draws: `panels/<id>.json`, for the first pictures of a run.
 *
 * All arrays are row-major `[rows, columns]`, one byte a patch, as base64.
 */
export interface PanelRecord {
  /** Path relative to the input folder, with `/`. */
  readonly image: string;
  /** COCO image id, see {@linkcode PictureRecord.id}. */
  readonly id: number;
  /** `[rows, columns]` of patches, the shape of every array below. */
  readonly grid: readonly [number, number];
  /** Eigenvectors 2, 3, … scaled to 0 … 255 about zero (128 = 0), sign as computed. */
  readonly eigenvectors: readonly string[];
  /** The same for the saliency model; empty without one. */
  readonly saliencyEigenvectors: readonly string[];
  /** Cluster labels for each k. */
  readonly labels: readonly { readonly k: number; readonly labels: string }[];
  /** Picture scaled to at most 512 pixels a side, as a JPEG, base64. */
  readonly thumbnail: string;
}

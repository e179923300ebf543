import { expectShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import type { Components } from "../components/components.ts";
import { maskBitsKernel } from "./mask_bits.gen.ts";
import { maskCoherenceKernel } from "./mask_coherence.gen.ts";
import { maskFilterKernel } from "./mask_filter.gen.ts";
import { maskIntersectionsKernel } from "./mask_intersections.gen.ts";
import { maskRowsKernel } from "./mask_rows.gen.ts";
import { maskTableKernel } from "./mask_table.gen.ts";
import { saliencyMaskKernel } from "./saliency_mask.gen.ts";

/** Columns of the table of masks, in order. */
export const TABLE_COLUMNS = [
  "map",
  "k",
  "cluster",
  "component",
  "area",
  "border",
  "first",
  "last",
] as const;

/** Columns of {@linkcode SaliencyMask}'s `stats`, in order. */
export const SALIENCY_COLUMNS = ["border0", "border1", "area0", "area1", "foreground"] as const;

/** Thresholds are whole numbers of these steps per 1, so that comparisons are exact. */
export const STEPS = 10_000;

/** The most cells of a grid: products of two areas stay within 32 bits. */
export const MAX_CELLS = 65535;

/** Workgroups per image of the kernel in which one takes one mask at a time. */
const MASK_GROUPS = 32;

/** Words of a bit mask over `cells` cells. */
export const maskWords = (cells: number): number => Math.ceil(cells / 32);

/** The masks of a batch of images: what {@linkcode packMasks} returns. */
export interface MaskSet {
  /** `[images, capacity, words]` u32: 32 cells a word, lowest bit first. */
  readonly bits: Tensor<"u32">;
  /** `[images, capacity, 8]` u32: see {@linkcode TABLE_COLUMNS}. */
  readonly table: Tensor<"u32">;
  /** `[images]` u32: masks of each image; rows from there on are unset. */
  readonly totals: Tensor<"u32">;
  /** Cells of the grid. */
  readonly cells: number;
  /** Columns of the grid. */
  readonly columns: number;
}

/**
 * One bit mask per connected component, in order of (map, first cell), and a table of them.
 *
 * There is room for as many masks as there are cells, so that none is ever dropped; time depends on
 * the masks that exist.
 *
 * @param labels `[images, maps, rows, columns]` u32, the label maps that were split.
 * @param split components of the same maps, `[images × maps, rows, columns]`.
 * @param ks cluster count of each map, for the table.
 * @throws {ShapeError} when sizes disagree.
 * @throws {RangeError} when the grid has more than 65535 cells.
 * @throws {GpuMemoryError} when images × maps × cells × words exceeds what the adapter binds.
 */
export function packMasks(
  gpu: Gpu,
  labels: Tensor<"u32">,
  { components, firsts, counts }: Components,
  ks: readonly number[],
): MaskSet {
  const { images, maps, rows, columns } = expectShape(
    "packMasks: labels",
    labels,
    "[images, maps, rows, columns]",
  );
  expectShape("packMasks: components", components, `[${images * maps}, ${rows}, ${columns}]`);
  expectShape("packMasks: counts", counts, `[${images * maps}]`);
  if (ks.length !== maps) {
    throw new ShapeError(`packMasks: ks must have ${maps} entries, got ${ks.length}`);
  }
  const cells = rows * columns;
  if (cells > MAX_CELLS) {
    throw new RangeError(`packMasks: the grid must have at most ${MAX_CELLS} cells, got ${cells}`);
  }
  const words = maskWords(cells);
  const capacity = maps * cells;
  const bits = gpu.empty([images, capacity, words], "u32");
  const table = gpu.empty([images, capacity, TABLE_COLUMNS.length], "u32");
  const totals = gpu.empty([images], "u32");
  gpu.run(
    maskBitsKernel,
    { components, counts, bits, totals, params: { maps, cells, words, capacity } },
    { workgroups: [Math.ceil(maps * words / maskBitsKernel.overrides.WORKGROUP), images] },
  );
  gpu.scope(() =>
    gpu.run(maskTableKernel, {
      labels,
      firsts,
      counts,
      ks: gpu.upload(Uint32Array.from(ks), [maps]),
      bits,
      table,
      params: {
        maps,
        rows,
        columns,
        words,
        capacity,
      },
    }, { workgroups: [Math.ceil(cells / maskTableKernel.overrides.WORKGROUP), images] })
  );
  return { bits, table, totals, cells, columns };
}

/**
 * Number of cells that each mask shares with each other mask.
 *
 * @param a `[masks, words]` u32, bit masks.
 * @param b `[others, words]` u32, bit masks.
 * @returns `[masks, others]` u32.
 * @throws {ShapeError} when the masks are not equally long.
 */
export function maskIntersections(gpu: Gpu, a: Tensor<"u32">, b: Tensor<"u32">): Tensor<"u32"> {
  const { masks, words } = expectShape("maskIntersections: a", a, "[masks, words]");
  const { others } = expectShape("maskIntersections: b", b, `[others, ${words}]`);
  const out = gpu.empty([masks, others], "u32");
  const { workgroups, row } = grid1d(
    masks * others,
    maskIntersectionsKernel.overrides.WORKGROUP,
  );
  gpu.run(maskIntersectionsKernel, { a, b, out, params: { masks, others, words, row } }, {
    workgroups,
  });
  return out;
}

/** The foreground of a two-way clustering: what {@linkcode saliencyMask} returns. */
export interface SaliencyMask {
  /** `[images, words]` u32, bit mask; empty for an image with one cluster only. */
  readonly bits: Tensor<"u32">;
  /** `[images, 5]` u32: see {@linkcode SALIENCY_COLUMNS}; foreground 0xffffffff for none. */
  readonly stats: Tensor<"u32">;
}

/**
 * Of two clusters, the one with fewer cells on the border of the grid, each counted once. A tie
 * goes to the smaller cluster, then to the one without cell (0, 0).
 *
 * @param labels `[images, rows, columns]` u32, 0 or 1.
 * @throws {ShapeError} when `labels` has another shape.
 */
export function saliencyMask(gpu: Gpu, labels: Tensor<"u32">): SaliencyMask {
  const { images, rows, columns } = expectShape(
    "saliencyMask: labels",
    labels,
    "[images, rows, columns]",
  );
  const words = maskWords(rows * columns);
  const bits = gpu.empty([images, words], "u32");
  const stats = gpu.empty([images, SALIENCY_COLUMNS.length], "u32");
  gpu.run(saliencyMaskKernel, { labels, bits, stats, params: { rows, columns, words } }, {
    workgroups: [images],
  });
  return { bits, stats };
}

/** What the share of a mask inside the saliency mask is measured against. */
export type OverlapScore = "ioa" | "iou" | "ios";

/** Options of {@linkcode filterByRules}. */
export interface FilterRules {
  /** Masks of fewer cells fail. */
  readonly minArea: number;
  /** Masks over a larger share of the grid fail, in steps of 1e-4. */
  readonly maxShare: number;
  /** `ioa` |M ∩ S| / |M|, `iou` |M ∩ S| / |M ∪ S|, `ios` |M ∩ S| / |S|. */
  readonly score: OverlapScore;
  /** Masks of a lower score fail, in steps of 1e-4. */
  readonly threshold: number;
}

/** What {@linkcode filterByRules} returns. */
export interface Verdicts {
  /** `[images, capacity]` u32: 0 passed, else the first rule failed: 1 area, 2 share, 3 score. */
  readonly verdicts: Tensor<"u32">;
  /** `[images, capacity]` u32: cells of each mask that are salient; 0 without saliency. */
  readonly overlaps: Tensor<"u32">;
}

const SCORES: readonly OverlapScore[] = ["ioa", "iou", "ios"];

/**
 * Which masks pass by area, share of the grid and overlap with a saliency mask, by exact
 * comparisons of whole numbers.
 *
 * @param saliency `[images, words]` u32; null lets every mask pass the score.
 * @throws {ShapeError} when sizes disagree.
 * @throws {RangeError} when a threshold is outside 0 … 1 or no whole number of steps of 1e-4.
 */
export function filterByRules(
  gpu: Gpu,
  { bits, table, totals, cells }: MaskSet,
  saliency: Tensor<"u32"> | null,
  { minArea, maxShare, score, threshold }: FilterRules,
): Verdicts {
  const { images, capacity, words } = expectMasks("filterByRules", bits);
  if (saliency) expectShape("filterByRules: saliency", saliency, `[${images}, ${words}]`);
  if (!Number.isInteger(minArea) || minArea < 0) {
    throw new RangeError(`filterByRules: minArea must be a whole number ≥ 0, got ${minArea}`);
  }
  const verdicts = gpu.empty([images, capacity], "u32");
  const overlaps = gpu.empty([images, capacity], "u32");
  gpu.scope(() =>
    gpu.run(maskFilterKernel, {
      bits,
      table,
      totals,
      saliency: saliency ?? gpu.empty([images, words], "u32"),
      verdicts,
      overlaps,
      params: {
        cells,
        words,
        capacity,
        min_area: minArea,
        max_share: toSteps("filterByRules: maxShare", maxShare),
        threshold: toSteps("filterByRules: threshold", threshold),
        score: SCORES.indexOf(score),
        salient: saliency ? 1 : 0,
      },
    }, { workgroups: [Math.ceil(capacity / maskFilterKernel.overrides.WORKGROUP), images] })
  );
  return { verdicts, overlaps };
}

/**
 * How alike the keys inside each mask are: the mean cosine of its cells' keys to their mean, which
 * for keys of length 1 is the length of the mean.
 *
 * @param keys `[images, cells, dim]` f32, rows of length 1; dim a multiple of 4.
 * @returns `[images, capacity]` f32 in [0, 1], unset where there is no mask.
 * @throws {ShapeError} when sizes disagree or dim is not a multiple of 4.
 */
export function maskCoherence(
  gpu: Gpu,
  { bits, table, totals, cells }: MaskSet,
  keys: Tensor,
): Tensor {
  const { images, capacity, words } = expectMasks("maskCoherence", bits);
  const { dim } = expectShape("maskCoherence: keys", keys, `[${images}, ${cells}, dim]`);
  if (dim % 4 !== 0) {
    throw new ShapeError(`maskCoherence: dim must be a multiple of 4, got ${dim}`);
  }
  const coherence = gpu.empty([images, capacity]);
  gpu.run(maskCoherenceKernel, {
    bits,
    table,
    totals,
    keys,
    coherence,
    params: { cells, words, capacity, quads: dim / 4, groups: MASK_GROUPS },
  }, { workgroups: [MASK_GROUPS, images] });
  return coherence;
}

/**
 * A threshold as a whole number of steps of 1e-4.
 *
 * @throws {RangeError} when it is outside 0 … 1 or between two steps.
 */
export function toSteps(name: string, value: number): number {
  const steps = Math.round(value * STEPS);
  if (!(value >= 0 && value <= 1) || Math.abs(value * STEPS - steps) > 1e-6) {
    throw new RangeError(`${name} must be 0 … 1 in steps of ${1 / STEPS}, got ${value}`);
  }
  return steps;
}

/** Sizes of a mask set's bits. */
export function expectMasks(
  what: string,
  bits: Tensor<"u32">,
): { readonly images: number; readonly capacity: number; readonly words: number } {
  return expectShape(`${what}: bits`, bits, "[images, capacity, words]");
}

/** Columns of what {@linkcode maskRows} returns, in order; `coherence` is an f32's bits. */
export const ROW_COLUMNS = [
  "map",
  "k",
  "cluster",
  "component",
  "area",
  "border",
  "first",
  "verdict",
  "overlap",
  "rank",
  "rival",
  "shared",
  "coherence",
] as const;

/** All that is known of the masks of a batch, apart from the masks themselves. */
export interface MaskFacts {
  /** `[images, capacity, 8]` u32, from {@linkcode packMasks}. */
  readonly table: Tensor<"u32">;
  /** `[images]` u32, from {@linkcode packMasks}. */
  readonly totals: Tensor<"u32">;
  /** `[images, capacity]` u32, from {@linkcode filterByRules}. */
  readonly verdicts: Tensor<"u32">;
  /** `[images, capacity]` u32, from {@linkcode filterByRules}. */
  readonly overlaps: Tensor<"u32">;
  /** `[images, capacity, 3]` u32, from `greedyNms`. */
  readonly fates: Tensor<"u32">;
  /** `[images, capacity]` f32, from {@linkcode maskCoherence}. */
  readonly coherence: Tensor;
}

/**
 * The first `limit` masks of each image with all that is known of them, for a small readback.
 *
 * @returns `[images, limit, 13]` u32: see {@linkcode ROW_COLUMNS}; zeros where there is no mask.
 */
export function maskRows(gpu: Gpu, facts: MaskFacts, limit: number): Tensor<"u32"> {
  const { images, capacity } = expectShape(
    "maskRows: table",
    facts.table,
    `[images, capacity, ${TABLE_COLUMNS.length}]`,
  );
  const out = gpu.empty([images, limit, ROW_COLUMNS.length], "u32");
  const { table, totals, verdicts, overlaps, fates, coherence } = facts;
  gpu.run(
    maskRowsKernel,
    { table, totals, verdicts, overlaps, fates, coherence, out, params: { capacity, limit } },
    { workgroups: [Math.ceil(limit / maskRowsKernel.overrides.WORKGROUP), images] },
  );
  return out;
}

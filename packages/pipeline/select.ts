import { encodeRle, rleToString } from "@fiedler/coco";
import { expectShape, type Gpu, type Tensor, tensorsIn } from "@fiedler/gpu";
import {
  maskCoherence,
  type MaskFacts,
  maskRows,
  maskWords,
  ROW_COLUMNS,
  SALIENCY_COLUMNS,
  type SaliencyMask,
} from "@fiedler/kernels";
import { splitComponents, type SplitMasks } from "./3_components.ts";
import { saliencyForeground } from "./4_saliency.ts";
import { filterMasks } from "./5_filter.ts";
import { suppressMasks } from "./6_nms.ts";
import type { ProposalOptions } from "./options.ts";
import type { DropReason, MaskRecord, PictureFlag, PictureRecord } from "./record.ts";

/** Rows per image that are read back at once; an image with more masks takes a second read. */
export const ROWS_PER_READ = 256;
const NONE = 0xffffffff;

/** What {@linkcode selectMasks} works on. */
export interface SelectInput {
  /** `[images, maps, rows, columns]` u32: one clustering per entry of `clusterCounts`. */
  readonly labels: Tensor<"u32">;
  /** Cluster count of each map. */
  readonly clusterCounts: readonly number[];
  /** `[images, rows, columns]` u32: k = 2 clustering of the saliency model; null for none. */
  readonly saliencyLabels: Tensor<"u32"> | null;
  /** `[images, patches, dim]` f32, keys of length 1. */
  readonly unitKeys: Tensor;
}

/** Stages 3 to 6 of a batch, on the GPU. */
export interface Selection {
  /**
   * What {@linkcode decodeSelection} needs, to be read in one go with whatever else is read:
   * components, totals, rows, saliency bits, saliency stats.
   */
  readonly readback: readonly [
    components: Tensor<"u32">,
    totals: Tensor<"u32">,
    rows: Tensor<"u32">,
    saliencyBits: Tensor<"u32">,
    saliencyStats: Tensor<"u32">,
  ];
  /** For a second read when an image has more masks than were read. */
  readonly facts: MaskFacts;
  /** Cluster count of each label map. */
  readonly clusterCounts: readonly number[];
  /** False when the selection was made without saliency labels. */
  readonly hasSaliency: boolean;
}

/** The `readback` of a {@linkcode Selection} on the host, complete. */
export interface HostSelection {
  /** `[maps, rows, columns]` of the grid. */
  readonly grid: readonly [maps: number, rows: number, columns: number];
  /** `[images, maps, rows, columns]`: number of each cell's piece within its map. */
  readonly components: Uint32Array;
  /** `[images]`: number of masks. */
  readonly totals: Uint32Array;
  /** `[images, limit, 13]`: what is known of each mask. */
  readonly rows: Uint32Array;
  /** Rows per image in `rows`; at least the largest of `totals`. */
  readonly limit: number;
  /** `[images, words]`: the foreground's bit mask. */
  readonly saliencyBits: Uint32Array;
  /** `[images, 5]`: border cells and areas of both clusters, the foreground. */
  readonly saliencyStats: Uint32Array;
  /** Cluster count of each label map. */
  readonly clusterCounts: readonly number[];
  /** False when the selection was made without saliency labels. */
  readonly hasSaliency: boolean;
}

/** One picture's masks: the part of its record that stages 3 to 6 know. */
export interface PictureMasks {
  /** Every piece, kept or dropped, without what refers to the picture's pixels. */
  readonly masks: readonly MaskRecord[];
  /** `[rows, columns]` of each mask, row-major, 0 or 1. */
  readonly grids: readonly Uint8Array[];
  /** The foreground, empty where the cut has one cluster only; null without saliency labels. */
  readonly saliency: PictureRecord["saliency"];
  /** `[rows, columns]` of the saliency mask, row-major, 0 or 1; null without saliency. */
  readonly saliencyGrid: Uint8Array | null;
  /** Masks left after each step. */
  readonly counts: PictureRecord["counts"];
  /** `no-saliency` and `empty-cluster`, where they apply. */
  readonly flags: readonly PictureFlag[];
}

/** The candidates of a batch, on the GPU: what no threshold changes. */
export interface Candidates {
  /** The connected pieces of the clusters. */
  readonly masks: SplitMasks;
  /** The foreground; empty without saliency labels. */
  readonly saliency: SaliencyMask;
  /** `[images, capacity]` f32. */
  readonly coherence: Tensor;
  /** Cluster count of each label map. */
  readonly clusterCounts: readonly number[];
  /** False without saliency labels. */
  readonly hasSaliency: boolean;
}

/**
 * Stages 3 to 6: from label maps to ranked masks. Records work only; nothing is read back.
 *
 * Without saliency every mask passes its filter, and order `ioa` falls back to the area.
 *
 * @throws {ShapeError} when sizes disagree.
 * @throws {RangeError} when a threshold is outside 0 … 1 or no whole number of steps of 1e-4.
 */
export function selectMasks(
  gpu: Gpu,
  input: SelectInput,
  options: Omit<ProposalOptions, "clusterCounts">,
): Selection {
  return gpu.scope(() => selectCandidates(gpu, findCandidates(gpu, input, options), options));
}

/**
 * Stages 3 and 4 of {@linkcode selectMasks}: the pieces, the foreground, and how alike the patches
 * of each piece are.
 *
 * @throws {ShapeError} when sizes disagree.
 */
export function findCandidates(
  gpu: Gpu,
  { labels, clusterCounts, saliencyLabels, unitKeys }: SelectInput,
  options: Pick<ProposalOptions, "split" | "connectivity">,
): Candidates {
  const { images, rows, columns } = expectShape(
    "selectMasks: labels",
    labels,
    "[images, maps, rows, columns]",
  );
  if (saliencyLabels) {
    const pattern = `[${images}, ${rows}, ${columns}]`;
    expectShape("selectMasks: saliencyLabels", saliencyLabels, pattern);
  }
  return gpu.scope(() => {
    const { split, connectivity } = options;
    const masks = splitComponents(gpu, labels, { clusterCounts, split, connectivity });
    const saliency = saliencyLabels ? saliencyForeground(gpu, saliencyLabels) : {
      bits: gpu.zeros([images, maskWords(rows * columns)], "u32"),
      stats: gpu.zeros([images, SALIENCY_COLUMNS.length], "u32"),
    };
    const coherence = maskCoherence(gpu, masks, unitKeys);
    return { masks, saliency, coherence, clusterCounts, hasSaliency: saliencyLabels !== null };
  });
}

/** Stages 5 and 6 of {@linkcode selectMasks}; arguments and errors are the same. */
export function selectCandidates(
  gpu: Gpu,
  { masks, saliency, coherence, clusterCounts, hasSaliency }: Candidates,
  options: Omit<ProposalOptions, "clusterCounts">,
): Selection {
  return gpu.scope(() => {
    const verdicts = filterMasks(gpu, masks, hasSaliency ? saliency.bits : null, options);
    const fates = suppressMasks(gpu, masks, verdicts, coherence, options);
    const { table, totals, components } = masks;
    const facts = { table, totals, ...verdicts, fates, coherence };
    const rows = maskRows(gpu, facts, Math.min(ROWS_PER_READ, table.shape[1]));
    const { bits, stats } = saliency;
    const readback = [components, totals, rows, bits, stats] as const;
    return { readback, facts, clusterCounts, hasSaliency };
  });
}

/** Reads a selection back: one read, and a second one only when an image has very many masks. */
export async function readSelection(gpu: Gpu, selection: Selection): Promise<HostSelection> {
  return completeSelection(gpu, selection, await gpu.readAll(selection.readback));
}

/**
 * The host's side of a selection from the arrays of its `readback`, read by the caller together
 * with other tensors. Reads again only when an image has more masks than rows were read.
 */
export async function completeSelection(
  gpu: Gpu,
  { readback, facts, clusterCounts, hasSaliency }: Selection,
  [components, totals, head, saliencyBits, saliencyStats]: readonly Uint32Array[],
): Promise<HostSelection> {
  const [, maps, rows, columns] = readback[0].shape;
  let limit = readback[2].shape[1];
  let table = head;
  const most = totals.reduce((a, b) => Math.max(a, b), 0);
  if (most > limit) {
    limit = most;
    const all = gpu.scope(() => maskRows(gpu, facts, limit));
    table = await gpu.read(all);
    gpu.free(all);
  }
  return {
    grid: [maps, rows, columns],
    components,
    totals,
    rows: table,
    limit,
    saliencyBits,
    saliencyStats,
    clusterCounts,
    hasSaliency,
  };
}

/**
 * Gives the tensors of a selection back.
 *
 * @param kept but for these candidates, which it was made of.
 */
export function freeSelection(gpu: Gpu, { readback, facts }: Selection, kept?: Candidates): void {
  const buffers = new Set(tensorsIn(kept).map(({ buffer }) => buffer));
  const tensors = [...readback, ...tensorsIn(facts)];
  gpu.free(...tensors.filter(({ buffer }) => !buffers.has(buffer)));
}

/**
 * One picture's masks as records.
 *
 * @param image place of the picture in the batch.
 */
export function decodeSelection(
  host: HostSelection,
  image: number,
  options: Omit<ProposalOptions, "clusterCounts">,
): PictureMasks {
  const [, rows, columns] = host.grid;
  const size = [rows, columns] as const;
  const facts = rowsOf(host, image);
  const grids = gridsOf(host, image, facts);
  const rle = (grid: Uint8Array) => ({ size, counts: rleToString(encodeRle(grid, rows, columns)) });
  const saliency = saliencyOf(host, image);
  const masks = facts.map((row, id): MaskRecord => {
    const scores = host.hasSaliency ? scoresOf(row, saliency.area) : null;
    return {
      id,
      k: row.k,
      cluster: row.cluster,
      component: row.component,
      areaPatches: row.area,
      borderPatches: row.border,
      ioa: scores && scores.ioa,
      iou: scores && scores.iou,
      coherence: floatOf(row.coherence),
      rank: row.rank === NONE ? null : row.rank,
      dropped: dropReason(row, facts, scores && scores[options.saliencyScore], host, options),
      grid: rle(grids[id]),
    };
  });
  const counts = countsOf(facts);
  const flags: PictureFlag[] = [];
  if (counts.clusters < host.clusterCounts.reduce((a, b) => a + b, 0)) flags.push("empty-cluster");
  if (host.hasSaliency && saliency.area === 0) flags.push("no-saliency");
  return {
    masks,
    grids,
    saliency: host.hasSaliency
      ? {
        areaPatches: saliency.area,
        borderPatches: saliency.borders,
        grid: rle(saliency.grid),
      }
      : null,
    saliencyGrid: host.hasSaliency ? saliency.grid : null,
    counts,
    flags,
  };
}

/** Masks left after each step. */
function countsOf(facts: readonly Row[]): PictureRecord["counts"] {
  const failed = (rule: number) => facts.filter(({ verdict }) => verdict === rule).length;
  const afterArea = facts.length - failed(Verdict.area) - failed(Verdict.size);
  return {
    clusters: facts.filter(({ component }) => component === 0).length,
    components: facts.length,
    afterArea,
    afterSaliency: afterArea - failed(Verdict.saliency),
    kept: facts.filter(({ verdict, rival }) => verdict === 0 && rival === NONE).length,
  };
}

/** The numbers of `verdicts` (kernels/masks/mask_filter.wgsl). */
const Verdict = { area: 1, size: 2, saliency: 3 } as const;

type Row = { readonly [name in typeof ROW_COLUMNS[number]]: number };

function rowsOf({ rows, limit, totals }: HostSelection, image: number): Row[] {
  const width = ROW_COLUMNS.length;
  return Array.from({ length: totals[image] }, (_, mask) => {
    const at = (image * limit + mask) * width;
    return Object.fromEntries(ROW_COLUMNS.map((name, i) => [name, rows[at + i]])) as Row;
  });
}

function gridsOf(
  { grid: [maps, rows, columns], components }: HostSelection,
  image: number,
  facts: readonly Row[],
): Uint8Array[] {
  const cells = rows * columns;
  const grids = facts.map(() => new Uint8Array(cells));
  for (let map = 0; map < maps; map++) {
    const before = facts.findIndex((row) => row.map === map);
    const at = (image * maps + map) * cells;
    for (let cell = 0; cell < cells; cell++) grids[before + components[at + cell]][cell] = 1;
  }
  return grids;
}

function saliencyOf(
  { grid: [, rows, columns], saliencyBits, saliencyStats }: HostSelection,
  image: number,
): { area: number; borders: readonly [number, number]; grid: Uint8Array } {
  const words = maskWords(rows * columns);
  const grid = Uint8Array.from(
    { length: rows * columns },
    (_, cell) => saliencyBits[image * words + (cell >> 5)] >>> (cell & 31) & 1,
  );
  const [border0, border1] = saliencyStats.subarray(image * SALIENCY_COLUMNS.length);
  return { area: grid.reduce((a, b) => a + b, 0), borders: [border0, border1], grid };
}

type Scores = { readonly ioa: number; readonly iou: number; readonly ios: number };

function scoresOf({ area, overlap }: Row, salient: number): Scores {
  return {
    ioa: overlap / area,
    iou: overlap / (area + salient - overlap),
    ios: salient === 0 ? 0 : overlap / salient,
  };
}

function dropReason(
  row: Row,
  facts: readonly Row[],
  score: number | null,
  { grid: [, rows, columns] }: HostSelection,
  { minPatches, maxShare, saliencyThreshold, nmsThreshold }: Omit<ProposalOptions, "clusterCounts">,
): DropReason | null {
  switch (row.verdict) {
    case Verdict.area:
      return { rule: "area", areaPatches: row.area, minPatches };
    case Verdict.size:
      return { rule: "size", share: row.area / (rows * columns), maxShare };
    case Verdict.saliency:
      return { rule: "saliency", score: score!, threshold: saliencyThreshold };
  }
  if (row.rival === NONE) return null;
  const iou = row.shared / (row.area + facts[row.rival].area - row.shared);
  return { rule: "nms", rival: row.rival, iou, threshold: nmsThreshold };
}

const floatOf = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0];

/** What follows from the grids of a picture's masks: overlaps, and what options would do. */
import { decodeRle, rleFromString } from "@fiedler/coco";
import type { MaskRecord, PictureRecord } from "@fiedler/pipeline";

/** Thresholds are compared in whole steps of this many a unit. */
const STEPS = 1e4;

/** The mask of a record on its grid, `[rows, columns]` row-major, 0 or 1. */
export function gridOf({ size, counts }: MaskRecord["grid"]): Uint8Array {
  const [rows, columns] = size;
  return decodeRle(rleFromString(counts), rows, columns);
}

/** Cells of two masks: in both, in either. */
export interface Overlap {
  readonly both: number;
  readonly either: number;
}

/** Compares two masks of one grid. */
export function overlapOf(a: Uint8Array, b: Uint8Array): Overlap {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    both += a[i] & b[i];
    either += a[i] | b[i];
  }
  return { both, either };
}

/** Intersection over union; 0 for two empty masks. */
export const iouOf = ({ both, either }: Overlap): number => either === 0 ? 0 : both / either;

/** The saliency score by which a run filters; null without saliency. */
export function saliencyScore(
  mask: MaskRecord,
  { saliency }: PictureRecord,
  kind: string,
): number | null {
  if (saliency === null || mask.ioa === null) return null;
  if (kind === "ioa") return mask.ioa;
  if (kind === "iou") return mask.iou;
  const { both } = overlapOf(gridOf(mask.grid), gridOf(saliency.grid));
  return saliency.areaPatches === 0 ? 0 : both / saliency.areaPatches;
}

/** The largest threshold that a score still reaches, in steps of 1e-4. */
export const thresholdBelow = (score: number): number => Math.floor(score * STEPS + 1e-6) / STEPS;

/** The smallest limit that a share does not exceed, in steps of 1e-4. */
export const limitAbove = (share: number): number => Math.ceil(share * STEPS - 1e-6) / STEPS;

/**
 * The least `--nms` with which a mask would have been kept: suppression is repeated with each
 * limit that could do, since a higher one also lets others through.
 *
 * @param masks All masks of the picture.
 * @param id A mask that came as far as suppression, and was suppressed.
 * @param above The limit of the run.
 */
export function keepingLimit(masks: readonly MaskRecord[], id: number, above: number): number {
  const ranked = masks.filter(({ rank }) => rank !== null).sort((a, b) => a.rank! - b.rank!);
  const upTo = ranked.slice(0, ranked.findIndex((mask) => mask.id === id) + 1);
  const grids = upTo.map(({ grid }) => gridOf(grid));
  const own = grids.length - 1;
  const overlaps = grids.map((a, i) => grids.slice(0, i).map((b) => overlapOf(a, b)));
  const limits = overlaps[own].map((overlap) => limitAbove(iouOf(overlap)));
  const keeps = (limit: number) => {
    const kept: number[] = [];
    for (let i = 0; i <= own; i++) {
      const beaten = kept.some((j) => exceeds(overlaps[i][j], limit));
      if (!beaten) kept.push(i);
    }
    return kept.includes(own);
  };
  return limits.filter((limit) => limit > above).sort((a, b) => a - b).find(keeps)!;
}

/** As suppression compares: in whole numbers. */
const exceeds = ({ both, either }: Overlap, limit: number): boolean =>
  both * STEPS > Math.round(limit * STEPS) * either;

import { intersection } from "../masks/reference.ts";

/** What the order and the suppression look at. */
export interface Candidate {
  readonly cells: readonly number[];
  readonly k: number;
  readonly first: number;
  readonly overlap: number;
  readonly coherence: number;
  /** False when the filter dropped it. */
  readonly passed: boolean;
}

/** What becomes of a mask. */
export interface Fate {
  /** Place among the masks that take part, from 0; null for the others. */
  readonly rank: number | null;
  /** The mask that suppressed it; null when kept. */
  readonly rival: number | null;
  readonly shared: number;
}

/** Masks from best to worst: numbers of those that passed the filter. */
export function ranking(
  masks: readonly Candidate[],
  order: "ioa" | "area" | "k" | "coherence",
): number[] {
  const key = (mask: Candidate) => ({
    ioa: mask.overlap / mask.cells.length,
    area: mask.cells.length,
    k: -mask.k,
    coherence: mask.coherence,
  }[order]);
  const better = (i: number, j: number) => {
    const [a, b] = [masks[i], masks[j]];
    return key(b) - key(a) || b.cells.length - a.cells.length || a.k - b.k || a.first - b.first ||
      i - j;
  };
  return masks.flatMap(({ passed }, i) => passed ? [i] : []).sort(better);
}

/** Greedy suppression by brute force; the threshold in whole steps of 1e-4. */
export function greedyNms(
  masks: readonly Candidate[],
  order: "ioa" | "area" | "k" | "coherence",
  thresholdSteps: number,
): Fate[] {
  const fates: Fate[] = masks.map(() => ({ rank: null, rival: null, shared: 0 }));
  const kept: number[] = [];
  ranking(masks, order).forEach((mask, rank) => {
    const { cells } = masks[mask];
    const rival = kept.find((better) => {
      const shared = intersection(cells, masks[better].cells);
      const union = cells.length + masks[better].cells.length - shared;
      return 10_000 * shared > thresholdSteps * union;
    });
    if (rival === undefined) {
      kept.push(mask);
      fates[mask] = { rank, rival: null, shared: 0 };
    } else {
      fates[mask] = { rank, rival, shared: intersection(cells, masks[rival].cells) };
    }
  });
  return fates;
}

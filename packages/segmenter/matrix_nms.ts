/** Masks as {@linkcode matrixNms} sees them, all of one picture. */
export interface OverlappingMasks {
  /** `[masks]`: before suppression. */
  readonly scores: ArrayLike<number>;
  /** `[masks]`: a mask lowers those of its own category only. */
  readonly categories: ArrayLike<number>;
  /** `[masks]`: pixels of each. */
  readonly areas: ArrayLike<number>;
  /** `[masks, masks]`: pixels that two masks share. */
  readonly intersections: ArrayLike<number>;
}

/** Options of {@linkcode matrixNms}. */
export interface MatrixNmsOptions {
  /** How a score falls with the IoU with a better mask. Default `"gaussian"`: SOLOv2's test setting. */
  readonly decay?: "gaussian" | "linear";
  /** Of the Gaussian, e^(−sigma · IoU²). Default 2: SOLOv2's. */
  readonly sigma?: number;
}

/**
 * Matrix NMS: the scores of masks, lowered by what they share with better ones.
 *
 * With the masks in the order of their scores, decay_j = min over i < j of f(IoU_ij) / f(comp_i),
 * where comp_i, the largest IoU of i with a better mask, tells how likely i is itself suppressed.
 * f is e^(−sigma · IoU²) or 1 − IoU. A mask that a better one covers exactly suppresses nothing by
 * the linear rule, where its quotient has no value. Of equal scores, the first is better.
 *
 * Source: Wang et al. 2020 (SOLOv2), arXiv 2003.10152, §3.4, algorithm 1.
 *
 * @returns `[masks]`, in the order in which they came.
 *
 * @example
 * ```ts
 * import { matrixNms } from "@fiedler/segmenter";
 * import assert from "node:assert/strict";
 *
 * const pair = { areas: [4, 4], intersections: [4, 2, 2, 4], categories: [0, 0] }; // IoU 1/3
 * const scores = matrixNms({ ...pair, scores: [0.5, 0.9] }, { decay: "linear" });
 * assert.deepEqual([...scores], [0.5 * (1 - 1 / 3), 0.9]);
 * ```
 */
export function matrixNms(
  { scores, categories, areas, intersections }: OverlappingMasks,
  { decay = "gaussian", sigma = 2 }: MatrixNmsOptions = {},
): Float64Array {
  const masks = scores.length;
  const order = Array.from(scores, (_, m) => m).sort((a, b) => scores[b] - scores[a] || a - b);
  const iou = (a: number, b: number): number => {
    const shared = intersections[a * masks + b];
    return shared === 0 || categories[a] !== categories[b]
      ? 0
      : shared / (areas[a] + areas[b] - shared);
  };
  const quotient = (overlap: number, suppressed: number): number => {
    if (decay === "gaussian") return Math.exp(sigma * (suppressed ** 2 - overlap ** 2));
    return suppressed === 1 ? 1 : (1 - overlap) / (1 - suppressed);
  };
  const out = new Float64Array(masks);
  const largest = new Float64Array(masks); // comp, by place in the order
  order.forEach((mask, j) => {
    let factor = 1;
    for (let i = 0; i < j; i++) {
      const overlap = iou(order[i], mask);
      largest[j] = Math.max(largest[j], overlap);
      factor = Math.min(factor, quotient(overlap, largest[i]));
    }
    out[mask] = scores[mask] * factor;
  });
  return out;
}

/**
 * Recall by the number of objects of one kind in a picture: do proposals separate instances?
 *
 * Source: arXiv 2311.14665, §3 and A.1, Table 1, which leaves the formula open. Ours needs neither
 * scores nor an order: an object is found at threshold t when any detection has IoU ≥ t with it.
 * Where objects are disjoint this equals greedy one-to-one matching in any order, since a mask of
 * IoU over 0.5 with an object has more than half of its pixels there.
 *
 * @module
 */

import { BestRows, type Row } from "./evaluate_rows.ts";
import type { Truth, TruthImage } from "./evaluate_truth.ts";
import { IOU_THRESHOLDS, UNDEFINED_METRIC } from "./metrics.ts";

/** Numbers of instances: 1, 2, 3, 4, 5, and 6 or more. */
export const COUNT_BUCKETS = ["1", "2", "3", "4", "5", "6+"] as const;

/** What Table 1 leaves open. */
export interface RecallByCountOptions {
  /**
   * `micro`: all objects of a bucket weigh the same. `macro`: all its categories do.
   * Default `micro`: our choice.
   */
  readonly pooling?: "micro" | "macro";
  /**
   * Whether crowd regions count as instances when the bucket is chosen; they are never to be found
   * themselves. Default `false`: our choice.
   */
  readonly countCrowds?: boolean;
  /** Detections a picture, best first. Default: all of them, our choice. */
  readonly maxDets?: number;
}

/** Recall by number of instances of the object's own category in its picture. */
export interface RecallByCount {
  /** For each of {@linkcode COUNT_BUCKETS}: mean over the ten IoU thresholds; −1 without objects. */
  readonly recall: readonly number[];
  /** Objects in each bucket. */
  readonly objects: readonly number[];
}

/** Gathers, detection by detection, what {@linkcode RecallByCount} is made of. */
export class RecallTally {
  readonly #best = new Map<TruthImage, Float64Array>();
  readonly #rows = new Map<TruthImage, BestRows>();

  constructor(readonly truth: Truth, readonly options: RecallByCountOptions) {}

  /** Adds a detection, of whatever category. */
  add(image: TruthImage, row: Row): void {
    const { maxDets } = this.options;
    if (maxDets === undefined) {
      this.#raise(image, row);
      return;
    }
    let rows = this.#rows.get(image);
    if (!rows) this.#rows.set(image, rows = new BestRows(maxDets));
    rows.add(row);
  }

  /** The recall of each bucket. */
  finish(ties: { readonly byCategory: boolean }): RecallByCount {
    for (const [image, rows] of this.#rows) {
      for (const row of rows.sorted(ties)) this.#raise(image, row);
    }
    const { countCrowds = false, pooling = "micro" } = this.options;
    const buckets = COUNT_BUCKETS.map(() => new Map<number, Found>());
    for (const image of this.truth.images.values()) {
      const best = this.#best.get(image);
      const instances = image.objects.map((object, i) => ({ ...object, iou: best?.[i] ?? 0 }))
        .filter(({ crowd }) => countCrowds || !crowd);
      for (const [category, same] of Map.groupBy(instances, ({ category }) => category)) {
        const bucket = buckets[Math.min(same.length, COUNT_BUCKETS.length) - 1];
        const found = bucket.get(category) ?? { objects: 0, hits: 0 };
        for (const { iou } of same.filter(({ crowd }) => !crowd)) {
          found.objects++;
          found.hits += IOU_THRESHOLDS.filter((threshold) => iou >= threshold).length;
        }
        bucket.set(category, found);
      }
    }
    const found = buckets.map((bucket) => [...bucket.values()].filter(({ objects }) => objects));
    return {
      recall: found.map(pooling === "micro" ? (parts) => recallOf(total(parts)) : macro),
      objects: found.map((parts) => total(parts).objects),
    };
  }

  #raise(image: TruthImage, { overlaps }: Row): void {
    let best = this.#best.get(image);
    if (!best) this.#best.set(image, best = new Float64Array(image.objects.length));
    for (let i = 0; i < overlaps.length; i += 2) {
      const [object, iou] = [overlaps[i], overlaps[i + 1]];
      if (iou > best[object]) best[object] = iou;
    }
  }
}

/** Objects of one category in one bucket. */
interface Found {
  objects: number;
  /** Pairs of an object and a threshold at which it was found. */
  hits: number;
}

const total = (parts: readonly Found[]): Found =>
  parts.reduce(
    (sum, { objects, hits }) => ({ objects: sum.objects + objects, hits: sum.hits + hits }),
    { objects: 0, hits: 0 },
  );

const recallOf = ({ objects, hits }: Found): number =>
  objects === 0 ? UNDEFINED_METRIC : hits / (objects * IOU_THRESHOLDS.length);

const macro = (parts: readonly Found[]): number =>
  parts.length === 0
    ? UNDEFINED_METRIC
    : parts.map(recallOf).reduce((a, b) => a + b) / parts.length;

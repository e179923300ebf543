import { COUNT_BUCKETS, IOU_THRESHOLDS } from "@fiedler/coco";
import type { CosineSum, KeyCosines } from "./key_gap.ts";
import type { PictureStudy } from "./picture.ts";

/** A share over pictures, Σ tops / Σ bottoms: what can be drawn again picture by picture. */
export interface Ratio {
  /** One a picture. */
  readonly tops: Float64Array;
  /** One a picture. */
  readonly bottoms: Float64Array;
}

/** Buckets of the recall: numbers of instances as in Table 1, two or more of them, all. */
export const RECALL_BUCKETS = [...COUNT_BUCKETS, "2+", "all"] as const;

/** One of {@linkcode RECALL_BUCKETS}. */
export type RecallBucket = (typeof RECALL_BUCKETS)[number];

/** Everything that is measured of one extractor on one data set. */
export interface Measures {
  /** Share of found objects, mean over the ten IoU thresholds; bottoms count objects. */
  readonly recall: { readonly [bucket in RecallBucket]: Ratio };
  /** For each k: share of pairs in one cluster. */
  readonly merges: readonly { readonly k: number; readonly same: Ratio; readonly other: Ratio }[];
  /** Mean cosine, every picture that has such pairs weighing the same. */
  readonly cosines: { readonly [relation in keyof KeyCosines]: Ratio };
  /**
   * Mean of what the cosines of a picture differ by, over pictures that have both: other pictures
   * would add what sets pictures apart.
   */
  readonly gaps: {
    /** Same instance less other instance of the category. */
    readonly instance: Ratio;
    /** Other instance of the category less other category. */
    readonly category: Ratio;
  };
  /** Of pictures with one object. */
  readonly saliency: {
    /** Mean IoU of what is salient with the object. */
    readonly iou: Ratio;
    /** Share of pictures where that is at least 0.5. */
    readonly half: Ratio;
  };
}

/**
 * The value of a ratio when picture i counts `weights[i]` times; NaN when nothing is counted.
 *
 * @example
 * ```ts
 * import { ratioOf } from "@fiedler/study";
 * import assert from "node:assert/strict";
 *
 * const found = { tops: Float64Array.of(1, 0), bottoms: Float64Array.of(2, 1) };
 * assert.equal(ratioOf(found, [1, 1]), 1 / 3);
 * assert.equal(ratioOf(found, [2, 0]), 0.5);
 * ```
 */
export function ratioOf({ tops, bottoms }: Ratio, weights: ArrayLike<number>): number {
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < tops.length; i++) {
    top += weights[i] * tops[i];
    bottom += weights[i] * bottoms[i];
  }
  return top / bottom;
}

/** Fewer pictures than these say nothing of how pictures differ. */
const LEAST_PICTURES = 5;

/** Whether enough pictures are behind a ratio for its error to mean something. */
export const hasEnough = ({ bottoms }: Ratio): boolean =>
  bottoms.filter((bottom) => bottom > 0).length >= LEAST_PICTURES;

/** What the pictures of one extractor and data set say together. */
export function measure(pictures: readonly PictureStudy[]): Measures {
  const counts = pictures.find(({ merges }) => merges.length > 0)?.merges ?? []; // one not flat
  return {
    recall: Object.fromEntries(RECALL_BUCKETS.map((bucket) => [
      bucket,
      ratio(pictures, ({ objects }) => foundOf(objects.filter(({ count }) => isIn(bucket, count)))),
    ])) as unknown as Measures["recall"],
    merges: counts.map(({ k }) => {
      const of = (kind: "same" | "other") =>
        ratio(pictures, ({ merges }) => {
          const pairs = merges.find((one) => one.k === k)?.[kind];
          return pairs ? [pairs.merged, pairs.pairs] : [0, 0];
        });
      return { k, same: of("same"), other: of("other") };
    }),
    cosines: {
      instance: ratio(pictures, ({ cosines }) => meanOf(cosines?.instance)),
      category: ratio(pictures, ({ cosines }) => meanOf(cosines?.category)),
      other: ratio(pictures, ({ cosines }) => meanOf(cosines?.other)),
    },
    gaps: {
      instance: ratio(pictures, ({ cosines }) => gapOf(cosines?.instance, cosines?.category)),
      category: ratio(pictures, ({ cosines }) => gapOf(cosines?.category, cosines?.other)),
    },
    saliency: {
      iou: ratio(pictures, ({ saliency: iou }) => iou === null ? [0, 0] : [iou, 1]),
      half: ratio(pictures, ({ saliency: iou }) => iou === null ? [0, 0] : [+(iou >= 0.5), 1]),
    },
  };
}

/** Whether an object whose category has so many instances belongs to a bucket. */
function isIn(bucket: RecallBucket, count: number): boolean {
  if (bucket === "all") return true;
  return bucket.endsWith("+") ? count >= parseInt(bucket) : count === Number(bucket);
}

function foundOf(objects: PictureStudy["objects"]): [number, number] {
  const hits = objects.reduce(
    (sum, { iou }) => sum + IOU_THRESHOLDS.filter((threshold) => iou >= threshold).length,
    0,
  );
  return [hits / IOU_THRESHOLDS.length, objects.length];
}

const meanOf = (cosines: CosineSum | undefined): [number, number] =>
  cosines && cosines.pairs > 0 ? [cosines.sum / cosines.pairs, 1] : [0, 0];

function gapOf(more: CosineSum | undefined, less: CosineSum | undefined): [number, number] {
  const [[high, has], [low, hasToo]] = [meanOf(more), meanOf(less)];
  return has && hasToo ? [high - low, 1] : [0, 0];
}

function ratio(
  pictures: readonly PictureStudy[],
  of: (picture: PictureStudy) => readonly [top: number, bottom: number],
): Ratio {
  const pairs = pictures.map(of);
  return {
    tops: Float64Array.from(pairs, ([top]) => top),
    bottoms: Float64Array.from(pairs, ([, bottom]) => bottom),
  };
}

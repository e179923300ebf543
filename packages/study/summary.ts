import { bootstrap, type BootstrapOptions, type Estimate } from "./bootstrap.ts";
import {
  hasEnough,
  measure,
  type Measures,
  type Ratio,
  ratioOf,
  RECALL_BUCKETS,
  type RecallBucket,
} from "./measures.ts";
import type { PictureStudy } from "./picture.ts";

/** An estimate with the number of objects, pairs or pictures behind it. */
export interface Counted extends Estimate {
  /** Objects of a recall, pairs of a merge rate, pictures of a cosine or an IoU. */
  readonly count: number;
}

/** The tables of one extractor on one data set. Shares and cosines, not percent. */
export interface StudySummary {
  /** Pictures with an object. */
  readonly pictures: number;
  /** Objects. */
  readonly objects: number;
  /** Objects that have the majority of no patch, and so are in no pair. */
  readonly withoutPatch: number;
  /** Mean number of masks a picture. */
  readonly masksPerPicture: number;
  /** Mean average recall by bucket. */
  readonly recall: { readonly [bucket in RecallBucket]: Counted };
  /** Merge rates before the split. */
  readonly merges: readonly {
    readonly k: number;
    readonly same: Counted;
    readonly other: Counted;
  }[];
  /** Mean cosines of keys, and what they differ by. */
  readonly keys: {
    readonly instance: Counted;
    readonly category: Counted;
    readonly other: Counted;
    /** Same instance less other instance of the category, within pictures. */
    readonly instanceGap: Estimate;
    /** Other instance of the category less other category, within pictures. */
    readonly categoryGap: Estimate;
    /** Instance gap / category gap: above 1, a key tells which object better than what. */
    readonly gapRatio: Estimate;
    /** Instance gap / both gaps: the same where the category gap is near 0 and the ratio is wild. */
    readonly instanceShare: Estimate;
  };
  /** Of pictures with one object. */
  readonly saliency: {
    /** Mean IoU of what is salient with the object. */
    readonly iou: Counted;
    /** Share of pictures where that is at least 0.5. */
    readonly half: Counted;
  };
}

/** The tables that pictures make, with bootstrap errors over pictures. */
export function summarise(
  pictures: readonly PictureStudy[],
  options?: BootstrapOptions,
): StudySummary {
  const measures = measure(pictures);
  const { cosines, gaps, merges, recall, saliency } = measures;
  const ratios = [
    ...RECALL_BUCKETS.map((bucket) => recall[bucket]),
    ...merges.flatMap(({ same, other }) => [same, other]),
    ...[cosines.instance, cosines.category, cosines.other],
    ...[saliency.iou, saliency.half],
  ];
  const estimates = bootstrap(pictures.length, (weights) => [
    ...ratios.map((ratio) => ratioOf(ratio, weights)),
    ...Object.values(gapsOf(measures, weights)),
  ], options);
  const counted = ratios.map((ratio, i) => withCount(ratio, estimates[i]));
  const pairs = counted.slice(RECALL_BUCKETS.length);
  const [instance, category, other, iou, half] = pairs.slice(2 * merges.length);
  const both = [gaps.instance, gaps.category];
  const [instanceGap, categoryGap, gapRatio, instanceShare] = [
    ...both.map((one) => [one]),
    both,
    both,
  ]
    .map((behind, i) => {
      const estimate = estimates[ratios.length + i];
      return behind.every(hasEnough) ? estimate : { ...estimate, error: null };
    });
  return {
    pictures: pictures.length,
    objects: counted[RECALL_BUCKETS.indexOf("all")].count,
    withoutPatch: pictures.reduce((sum, { withoutPatch }) => sum + withoutPatch, 0),
    masksPerPicture: pictures.reduce((sum, { masks }) => sum + masks, 0) / pictures.length,
    recall: Object.fromEntries(
      RECALL_BUCKETS.map((bucket, i) => [bucket, counted[i]]),
    ) as unknown as StudySummary["recall"],
    merges: merges.map(({ k }, i) => ({ k, same: pairs[2 * i], other: pairs[2 * i + 1] })),
    keys: { instance, category, other, instanceGap, categoryGap, gapRatio, instanceShare },
    saliency: { iou, half },
  };
}

/** What the mean cosines of keys differ by; see `StudySummary.keys`, in this order. */
export interface Gaps {
  /** Same instance less other instance of the category. */
  readonly instanceGap: number;
  /** Other instance of the category less other category. */
  readonly categoryGap: number;
  /** The first over the second. */
  readonly gapRatio: number;
  /** The first over both. */
  readonly instanceShare: number;
}

/** The gaps when picture i counts `weights[i]` times. */
export function gapsOf({ gaps }: Pick<Measures, "gaps">, weights: ArrayLike<number>): Gaps {
  const instanceGap = ratioOf(gaps.instance, weights);
  const categoryGap = ratioOf(gaps.category, weights);
  return {
    instanceGap,
    categoryGap,
    gapRatio: instanceGap / categoryGap,
    instanceShare: instanceGap / (instanceGap + categoryGap),
  };
}

function withCount(ratio: Ratio, estimate: Estimate): Counted {
  const count = ratio.bottoms.reduce((sum, bottom) => sum + bottom, 0);
  return { ...estimate, error: hasEnough(ratio) ? estimate.error : null, count };
}

import { type Measures, type Ratio, ratioOf, type RecallBucket } from "./measures.ts";
import { type Gaps, gapsOf } from "./summary.ts";

/** A number to compare extractors by. */
export interface Score {
  /** What it is made of: each must come from enough pictures. */
  from(measures: Measures): readonly Ratio[];
  /** Its value when picture i counts `weights[i]` times; NaN where nothing is counted. */
  of(measures: Measures, weights: ArrayLike<number>): number;
}

/** Recall of a bucket. */
export const recall = (bucket: RecallBucket): Score => single(({ recall }) => recall[bucket]);

/** Share of pairs, of one category or of two, that one of k clusters holds. */
export const merged = (k: number, kind: "same" | "other" = "same"): Score =>
  single(({ merges }) => merges.find((one) => one.k === k)?.[kind]);

/** IoU of what is salient with the only object, or the share of pictures where it is at least 0.5. */
export const salient = (which: keyof Measures["saliency"]): Score =>
  single(({ saliency }) => saliency[which]);

/** What the cosines of keys differ by. */
export const gap = (name: keyof Gaps): Score => ({
  from: ({ gaps }) =>
    name === "instanceGap"
      ? [gaps.instance]
      : name === "categoryGap"
      ? [gaps.category]
      : Object.values(gaps),
  of: (measures, weights) => gapsOf(measures, weights)[name],
});

/** A number that one ratio is, where there is any. */
const single = (find: (measures: Measures) => Ratio | undefined): Score => ({
  from: (measures) => [find(measures) ?? []].flat(),
  of(measures, weights) {
    const ratio = find(measures);
    return ratio ? ratioOf(ratio, weights) : NaN;
  },
});

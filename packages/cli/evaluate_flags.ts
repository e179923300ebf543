import { choice, switchFlag, text, whole, wholes } from "./flag.ts";
import { RUN_FLAGS, type ValuesOf } from "./flags.ts";

const OURS = "our choice: the paper's Table 1 leaves it open";

/** Flags of `evaluate`. */
export const EVALUATE_FLAGS = {
  type: choice(["segm", "bbox"], {
    initial: "segm",
    meaning: "compare masks, or boxes; those of masks where results have none",
  }),
  "class-aware": switchFlag({
    meaning: "score each category apart and average, instead of merging all into one",
  }),
  "max-dets": wholes(1, 1e6, {
    initial: [1, 10, 100],
    meaning: "detections a picture for AR; AP is read at the last",
  }),
  "by-count": switchFlag({
    meaning: "recall by number of instances of the object's category in its picture",
    source: "§3, Table 1",
  }),
  "count-pooling": choice(["micro", "macro"], {
    initial: "micro",
    meaning: "of --by-count: mean over objects, or over the means of categories",
    source: OURS,
  }),
  "count-crowds": switchFlag({
    meaning: "of --by-count: crowd regions count as instances",
    source: OURS,
  }),
  "count-max-dets": whole(1, 1e6, {
    initial: undefined,
    shown: "all",
    meaning: "of --by-count: detections a picture, best first",
    source: OURS,
  }),
  compat: choice(["pycocotools"], {
    initial: undefined,
    shown: "off",
    meaning: "size of a detection from its bbox even for masks, if the first result has one",
  }),
  "ignore-unknown-images": switchFlag({
    meaning: "leave out results of pictures that the ground truth does not list",
  }),
  out: text("DIR", {
    initial: undefined,
    shown: "none",
    meaning: "write metrics.json and evaluation.html there",
  }),
  json: RUN_FLAGS.json,
  quiet: RUN_FLAGS.quiet,
} as const;

/** Values of {@linkcode EVALUATE_FLAGS}. */
export type EvaluateValues = ValuesOf<typeof EVALUATE_FLAGS>;

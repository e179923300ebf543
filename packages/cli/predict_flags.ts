import { choice, decimal, onOff, text, whole } from "./flag.ts";
import { FEATURE_FLAGS, RUN_FLAGS, type ValuesOf } from "./flags.ts";

const SOLOV2 = "SOLOv2";

/** Flags of `predict`. */
export const PREDICT_FLAGS = {
  weights: text("NAME|FILE", {
    initial: "scenes-tiny",
    meaning: "the segmenter: scenes-tiny, which comes with Fiedler, or a file that `train` wrote",
  }),
  backbone: text("NAME|FILE", {
    initial: undefined,
    shown: "the one that the segmenter was trained on",
    meaning: "where that backbone's weights are; their hash must agree",
  }),
  "short-side": whole(16, 1e5, {
    initial: undefined,
    shown: "the segmenter's",
    meaning: "pixels of the shorter side that pictures are resized to",
    source: SOLOV2,
  }),
  longest: whole(16, 1e5, {
    initial: undefined,
    shown: "the segmenter's",
    meaning: "most pixels of the longer side, which goes before the shorter one",
    source: SOLOV2,
  }),
  "class-score": decimal(0, 1, {
    initial: 0.1,
    meaning: "least probability of a cell to show an object",
    source: SOLOV2,
  }),
  "mask-threshold": decimal(0.01, 0.99, {
    initial: 0.5,
    meaning: "least probability of a pixel to belong to the mask",
    source: SOLOV2,
  }),
  "nms-kernel": choice(["gaussian", "linear"], {
    initial: "gaussian",
    meaning: "how Matrix NMS lowers the scores of masks that overlap better ones",
    source: SOLOV2,
  }),
  "nms-sigma": decimal(0.01, 100, {
    initial: 2,
    meaning: "σ of the Gaussian: the larger, the more is lowered",
    source: SOLOV2,
  }),
  score: decimal(0, 1, {
    initial: 0.05,
    meaning: "least score of a mask",
    source: SOLOV2,
  }),
  most: whole(1, 1000, {
    initial: 100,
    meaning: "masks of a picture at most, the best",
    source: SOLOV2,
  }),
  "max-pixels": FEATURE_FLAGS["max-pixels"],
  overlays: onOff({ initial: true, meaning: "draw the masks over each picture (overlays/*.png)" }),
  "overlay-score": decimal(0, 1, {
    initial: 0.3,
    meaning: "least score of a mask that is drawn",
    source: "our choice",
  }),
  out: { ...RUN_FLAGS.out, shown: "PROJECT/NAME-predict" },
  project: RUN_FLAGS.project,
  name: RUN_FLAGS.name,
  config: RUN_FLAGS.config,
  force: RUN_FLAGS.force,
  strict: RUN_FLAGS.strict,
  recursive: RUN_FLAGS.recursive,
  batch: RUN_FLAGS.batch,
  memory: RUN_FLAGS.memory,
  tune: RUN_FLAGS.tune,
  json: RUN_FLAGS.json,
  quiet: RUN_FLAGS.quiet,
} as const;
/** Values of {@linkcode PREDICT_FLAGS}. */
export type PredictValues = ValuesOf<typeof PREDICT_FLAGS>;

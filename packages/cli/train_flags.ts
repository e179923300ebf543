import { choice, decimal, share, switchFlag, text, whole, wholes } from "./flag.ts";
import { FEATURE_FLAGS, RUN_FLAGS, type ValuesOf } from "./flags.ts";
import { MEMORY_FORM } from "./memory_budget.ts";
import { TRAIN_DEFAULTS, TRAIN_PRESETS, type TrainDefaults } from "./train_presets.ts";

const FREESOLO = "FreeSOLO, §A.2.1";
const OURS = "our choice";
const MAX_SEED = 2 ** 32 - 1;

/** A flag whose default is the preset's: help writes them all where they differ. */
const preset = (
  value: (defaults: TrainDefaults) => string | number | boolean | readonly number[] | null,
  meaning: string,
  source: string,
) => {
  const shown = (name: (typeof TRAIN_PRESETS)[number]) => {
    const it = value(TRAIN_DEFAULTS[name]);
    return it === null ? "0" : typeof it === "boolean" ? (it ? "on" : "off") : `${it}`;
  };
  const [tiny, ...others] = TRAIN_PRESETS.map((name) => [name, shown(name)]);
  const same = others.every(([, text]) => text === tiny[1]);
  return {
    initial: undefined,
    shown: same ? tiny[1] : [tiny, ...others].map(([name, text]) => `${name}: ${text}`).join("; "),
    meaning,
    source,
  };
};

/** Which pictures and masks a segmenter learns from. */
const SOURCE_FLAGS = {
  images: text("DIR", {
    initial: undefined,
    shown: "where the run found them, or beside the file",
    meaning: "the pictures that the source names",
  }),
  like: text("FILE", {
    initial: undefined,
    meaning: "COCO ground truth that names the pictures of a results file",
  }),
  "least-score": decimal(0, 1, {
    initial: 0,
    meaning: "of results: masks with a lower score are left out",
    source: OURS,
  }),
  "most-per-picture": whole(1, 1000, {
    initial: 100,
    meaning: "of results: so many masks of a picture at most, the best",
    source: OURS,
  }),
  "skip-missing": switchFlag({
    meaning: "leave out pictures that are not there; they are counted",
  }),
} as const;

/** The course of training. */
const COURSE_FLAGS = {
  steps: whole(
    1,
    1e7,
    preset(({ training }) => training.steps, "updates of the parameters in a round", "§A.2.1"),
  ),
  batch: whole(
    1,
    1024,
    preset(({ training }) => training.batch, "pictures of a step", "§A.2.1"),
  ),
  together: whole(
    1,
    1024,
    preset(
      ({ training }) => training.together,
      "views that go through the network at once: more take more memory",
      OURS,
    ),
  ),
  seed: whole(
    0,
    MAX_SEED,
    preset(
      ({ training }) => training.seed,
      "decides starting weights, the order of pictures, and views",
      OURS,
    ),
  ),
  rounds: whole(1, 10, {
    initial: 1,
    meaning: "after each round but the last, what was learnt marks the training pictures (score " +
      "from 0.3, 20 masks a picture at most), and new weights learn from that",
    source: "FreeSOLO; §A.2.1: one",
  }),
  start: text("NAME|FILE", {
    initial: undefined,
    shown: "new weights",
    meaning: "a segmenter of the same configuration whose weights the first round starts from",
  }),
} as const;

/** How parameters follow their gradients. */
const OPTIMISER_FLAGS = {
  optimiser: choice(
    ["sgd", "adamw"],
    preset(({ training }) => training.optimiser.kind, "SGD with momentum, or AdamW", FREESOLO),
  ),
  rate: decimal(
    1e-9,
    10,
    preset(({ training }) => training.optimiser.rate, "learning rate after the warm-up", "§A.2.1"),
  ),
  momentum: decimal(
    0,
    0.9999,
    preset(({ training }) => training.optimiser.momentum, "of SGD", FREESOLO),
  ),
  "weight-decay": decimal(
    0,
    1,
    preset(
      ({ training }) => training.optimiser.weightDecay,
      "pull on weights and biases towards zero",
      FREESOLO,
    ),
  ),
  "warm-up": whole(
    0,
    1e6,
    preset(
      ({ training }) => training.optimiser.warmUp,
      "steps over which the rate rises from a small part of itself",
      FREESOLO,
    ),
  ),
  decay: choice(
    ["constant", "cosine"],
    preset(
      ({ training }) => training.optimiser.decay,
      "whether the rate stays, or falls to a hundredth along a cosine",
      FREESOLO,
    ),
  ),
  clip: decimal(
    0,
    1e6,
    preset(
      ({ training }) => training.optimiser.clip,
      "largest norm of the gradient; 0: any",
      FREESOLO,
    ),
  ),
} as const;

/** What is minimised. */
const LOSS_FLAGS = {
  "category-loss": factor("category", "of the focal loss of the cells"),
  "max-loss": factor("maxProjection", "of the Dice of the maxima of columns and rows"),
  "mean-loss": factor("meanProjection", "of the Dice of their means"),
  "pairwise-loss": factor("pairwise", "of the loss of pairs of pixels of alike colour"),
  "pairwise-warm-up": whole(
    0,
    1e6,
    preset(
      ({ training }) => training.loss.pairwiseWarmUp,
      "steps over which --pairwise-loss reaches its factor",
      FREESOLO,
    ),
  ),
  similarity: decimal(
    0,
    1,
    preset(
      ({ training }) => training.loss.similarity,
      "similarity of colour from which pixels are alike",
      "BoxInst",
    ),
  ),
  "dice-loss": factor("dice", "of the Dice of the pixels", "SOLOv2"),
} as const;

/** The factor of a term of the loss. */
function factor(
  term: Exclude<keyof TrainDefaults["training"]["loss"], "similarity" | "pairwiseWarmUp">,
  what: string,
  source = FREESOLO,
) {
  const meaning = `factor ${what}; 0: not computed`;
  return decimal(0, 1e6, preset(({ training }) => training.loss[term], meaning, source));
}

/** How pictures become views. */
const VIEW_FLAGS = {
  views: choice(
    ["strong", "weak"],
    preset(
      ({ training }) => training.views.strong ? "strong" : "weak",
      "strong: each picture is also seen in other colours and in part erased; weak: as it is",
      FREESOLO,
    ),
  ),
  "copy-paste": choice(
    ["on", "off"],
    preset(
      ({ training }) => training.views.copyPaste,
      "strong views get objects of another picture",
      FREESOLO,
    ),
  ),
  zoom: share(
    preset(
      ({ training }) => training.views.zoom?.probability ?? 0,
      "probability of an enlarged window of the feature maps in place of a whole weak view",
      OURS,
    ),
  ),
  flip: share(
    preset(
      ({ training }) => training.views.flip,
      "probability that left and right are exchanged",
      FREESOLO,
    ),
  ),
  "short-side": wholes(
    32,
    4096,
    preset(
      ({ training }) => training.views.shortSides,
      "pixels of the shorter side, one drawn for each view; predict takes the largest",
      FREESOLO,
    ),
  ),
  longest: whole(
    32,
    8192,
    preset(({ training }) => training.views.longest, "most pixels of the longer side", FREESOLO),
  ),
  "bottom-rows": whole(
    0,
    1000,
    preset(
      ({ training }) => training.views.bottomRows,
      "rows at the bottom of a picture whose colours are not compared",
      FREESOLO,
    ),
  ),
} as const;

const SOLO = "SOLOv2";

/** The network that trains. */
const NETWORK_FLAGS = {
  grids: text(
    "N,N,…",
    preset(
      ({ segmenter }) => segmenter.heads.grids,
      "cells down and across of each level, finest first",
      SOLO,
    ),
    { form: /^\d{1,3}(,\d{1,3})+$/, needs: "must be whole numbers such as 40,36,24,16,12" },
  ),
  "scale-ranges": text(
    "N-N,…",
    preset(
      ({ segmenter }) => segmenter.scaleRanges.map((range) => range.join("-")).join(","),
      "√(width · height), in pixels, of the objects that each level learns",
      SOLO,
    ),
    { form: /^\d{1,5}-\d{1,5}(,\d{1,5}-\d{1,5})+$/, needs: "must be ranges such as 1-96,48-192" },
  ),
  channels: size("channels", "channels of the feature pyramid"),
  width: size("width", "channels of the towers over the cells"),
  convs: size("convs", "convolutions of a tower"),
  groups: size("groups", "groups of the group norms"),
  "mask-width": size("maskWidth", "channels of the blocks of the mask features"),
  "mask-channels": size("maskChannels", "channels of the mask features"),
} as const;

/** A size of the heads. */
function size(
  name: "channels" | "width" | "convs" | "groups" | "maskWidth" | "maskChannels",
  meaning: string,
) {
  return whole(1, 4096, preset(({ segmenter }) => segmenter.heads[name], meaning, SOLO));
}

/** What is written, and when. */
const KEEPING_FLAGS = {
  "checkpoint-every": whole(1, 1e7, {
    initial: undefined,
    shown: "the steps of about a minute",
    meaning: "steps from one checkpoint to the next; a killed run goes on from the last",
  }),
  keep: whole(1, 1e6, { initial: 2, meaning: "checkpoints kept, the latest" }),
} as const;

/** Flags of `train`. */
export const TRAIN_FLAGS = {
  preset: choice(TRAIN_PRESETS, {
    initial: undefined,
    shown: "tiny for an embedded backbone or one of `pretrain`, else reduced",
    meaning: "defaults of the options below: minutes on two cores, hours or days on a GPU",
    source: "paper: §A.2.1; the others are our choice",
  }),
  backbone: text("NAME|FILE", {
    initial: undefined,
    shown: `${TRAIN_DEFAULTS.tiny.backbone} with tiny, else ${TRAIN_DEFAULTS.paper.backbone}`,
    meaning: "the frozen network below the pyramid, as --model of pipeline",
    source: "§A.2.1",
  }),
  center: {
    ...FEATURE_FLAGS.center,
    meaning: "subtract the backbone's features of a flat grey picture; auto: grey for the " +
      "embedded models and encoders of `pretrain`, else none",
  },
  ...SOURCE_FLAGS,
  ...COURSE_FLAGS,
  ...OPTIMISER_FLAGS,
  ...LOSS_FLAGS,
  ...VIEW_FLAGS,
  ...NETWORK_FLAGS,
  ...KEEPING_FLAGS,
  out: { ...RUN_FLAGS.out, shown: "PROJECT/NAME-train" },
  project: RUN_FLAGS.project,
  name: text("NAME", {
    initial: undefined,
    shown: "that of the source",
    meaning: "name of the run: its folder is PROJECT/NAME-train",
  }, { form: /^[^/\\]*[^/\\.][^/\\]*$/, needs: "must be one name without slashes" }),
  config: {
    ...RUN_FLAGS.config,
    meaning: 'JSON file of flags, such as {"steps": 1000, "rate": 0.001}; the command line wins',
  },
  force: RUN_FLAGS.force,
  memory: text("SIZE", {
    initial: "auto",
    shown: RUN_FLAGS.memory.shown,
    meaning: "GPU memory to stay within, such as 800M or 4G; what does not fit is refused",
  }, { form: MEMORY_FORM, needs: "must be auto or a size such as 800M or 4G" }),
  tune: RUN_FLAGS.tune,
  "dry-run": RUN_FLAGS["dry-run"],
  json: RUN_FLAGS.json,
  quiet: RUN_FLAGS.quiet,
} as const;

/** Values of {@linkcode TRAIN_FLAGS}. */
export type TrainValues = ValuesOf<typeof TRAIN_FLAGS>;

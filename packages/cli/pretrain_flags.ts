import { DINO_TINY, MAE_TINY, SCENE_SETS } from "@fiedler/pretrain";
import { choice, decimal, share, text, whole } from "./flag.ts";
import { RUN_FLAGS, type ValuesOf } from "./flags.ts";
import { MEMORY_FORM } from "./memory_budget.ts";

const OURS = "our choice";
const MAE = "MAE, §3";
const DINO = "DINO, §3";
const MAX_SEED = 2 ** 32 - 1;

/** The ways of pretraining. */
export const OBJECTIVES = ["mae", "dino"] as const;
/** One of {@linkcode OBJECTIVES}. */
export type ObjectiveName = (typeof OBJECTIVES)[number];

/** A flag of both, whose default is the preset's. */
const both = (
  value: (settings: typeof MAE_TINY | typeof DINO_TINY) => string | number,
  meaning: string,
  source = OURS,
) => {
  const [mae, dino] = [MAE_TINY, DINO_TINY].map(value);
  const shown = mae === dino ? `${mae}` : `mae: ${mae}; dino: ${dino}`;
  return { initial: undefined, shown, meaning, source };
};

/** A flag of one of them. */
const only = (name: ObjectiveName, shown: string | number, meaning: string, source: string) => ({
  initial: undefined,
  shown: `${shown}`,
  meaning: `of ${name}: ${meaning}`,
  source,
});

/** What is learnt from. */
const SOURCE_FLAGS = {
  pictures: text("PHOTOS", {
    initial: undefined,
    shown: "generated scenes",
    meaning: "a folder, a picture or a .txt file with one path a line: learn from these",
  }),
  scenes: choice(OBJECTIVES, {
    initial: undefined,
    shown: "that of the objective",
    meaning: `which generated scenes: mae, ${SCENE_SETS.mae.count} of many objects or one ` +
      `category; dino, ${SCENE_SETS.dino.count}, mostly of a single one`,
    source: OURS,
  }),
  "scene-seed": whole(0, MAX_SEED, {
    initial: undefined,
    shown: "1000",
    meaning:
      "which scenes; `pipeline` and `scenes` begin with those of 0, `reproduce` judges on 900000",
    source: OURS,
  }),
  side: whole(32, 4096, {
    initial: undefined,
    shown: "scenes: 128; pictures: 256",
    meaning: "pixels of a scene's side; pictures are shrunk to this shorter side before crops",
    source: OURS,
  }),
} as const;

/** The course. */
const COURSE_FLAGS = {
  steps: whole(1, 1e7, both(({ steps }) => steps, "updates of the parameters")),
  batch: whole(1, 4096, both(({ batch }) => batch, "pictures of a step")),
  seed: whole(
    0,
    MAX_SEED,
    both(({ seed }) => seed, "decides starting weights, the order of pictures, crops and masks"),
  ),
  start: text("NAME|FILE", {
    initial: undefined,
    shown: "new weights",
    meaning:
      "a vision transformer, as --model of pipeline, that the encoder starts as; its sizes " +
      "and positions are the encoder's then",
  }),
  rate: decimal(
    1e-9,
    10,
    both(({ optimiser }) => optimiser.rate, "learning rate after the warm-up, then a cosine"),
  ),
  "warm-up": whole(
    0,
    1e6,
    both(({ optimiser }) => optimiser.warmUp, "steps over which the rate rises"),
  ),
  "weight-decay": decimal(
    0,
    1,
    both(({ optimiser }) => optimiser.weightDecay, "pull on matrices towards zero"),
  ),
  clip: decimal(
    1e-6,
    1e6,
    both(({ optimiser }) => optimiser.clip, "largest norm of the gradient"),
  ),
} as const;

/** The network that is kept. */
const ENCODER_FLAGS = {
  dim: whole(4, 4096, both(({ model }) => model.encoder.dim, "width of a token")),
  depth: whole(1, 64, both(({ model }) => model.encoder.depth, "blocks")),
  heads: whole(1, 64, both(({ model }) => model.encoder.heads, "attention heads of a block")),
  patch: whole(1, 64, both(({ model }) => model.encoder.patch, "pixels of a patch's side")),
  amplitude: decimal(
    0,
    10,
    both(
      ({ model: { encoder: { positions } } }) =>
        positions.kind === "span" ? positions.amplitude : "",
      "of the position embeddings, sines and cosines",
    ),
  ),
} as const;

/** What is cut out of a picture. */
const CROP_FLAGS = {
  crop: whole(
    8,
    1024,
    both(({ crops }) => crops[0].size, "pixels of a crop's side; a multiple of --patch"),
  ),
  "least-area": share(
    both(({ crops }) => crops[0].area[0], "least share of the picture in a crop"),
  ),
  "local-crops": whole(
    0,
    32,
    only("dino", DINO_TINY.localCrops.length, "small crops, which the student alone sees", OURS),
  ),
  "local-crop": whole(
    8,
    1024,
    only("dino", DINO_TINY.localCrops[0].size, "pixels of a small crop's side", OURS),
  ),
} as const;

const { decoder, varianceFloor } = MAE_TINY.model;
const { head, studentTemperature, teacherTemperature, teacherKeep, frozenPrototypes } =
  DINO_TINY.model;

/** What is predicted, by what. */
const OBJECTIVE_FLAGS = {
  "mask-ratio": decimal(
    0,
    1,
    only("mae", MAE_TINY.maskRatio, "share of the patches that is hidden", MAE),
  ),
  "variance-floor": decimal(
    1e-9,
    1,
    only("mae", varianceFloor, "added to the variance of a patch before it is divided by", OURS),
  ),
  "decoder-dim": whole(4, 4096, only("mae", decoder.dim, "width of the decoder", OURS)),
  "decoder-depth": whole(1, 64, only("mae", decoder.depth, "blocks of the decoder", OURS)),
  "decoder-heads": whole(1, 64, only("mae", decoder.heads, "its attention heads", OURS)),
  prototypes: whole(4, 65_535, only("dino", head.prototypes, "what crops are assigned to", OURS)),
  hidden: whole(4, 8192, only("dino", head.hidden, "width of the head's hidden layers", OURS)),
  bottleneck: whole(4, 4096, only("dino", head.bottleneck, "width of its last layer", OURS)),
  "student-temperature": decimal(
    1e-3,
    10,
    only("dino", studentTemperature, "what the student's cosines are divided by", DINO),
  ),
  "teacher-temperature": text(
    "X,X",
    only("dino", teacherTemperature.join(","), "the teacher's, at first and after a fifth", OURS),
    { form: /^0?\.\d{1,6},0?\.\d{1,6}$/, needs: "must be two numbers such as 0.04,0.03" },
  ),
  "teacher-keep": decimal(
    0,
    1,
    only("dino", teacherKeep, "share of the teacher that the first step keeps", OURS),
  ),
  "frozen-prototypes": whole(
    0,
    1e6,
    only("dino", frozenPrototypes, "first steps in which prototypes stay as they are", OURS),
  ),
} as const;

/** What is written, when, and where. */
const KEEPING_FLAGS = {
  "checkpoint-every": whole(1, 1e7, {
    initial: undefined,
    shown: "the steps of about a minute",
    meaning: "steps from one checkpoint to the next; a killed run goes on from the last",
  }),
  keep: whole(1, 1e6, {
    initial: 2,
    meaning: "checkpoints kept, the latest, each with its encoder",
  }),
  workers: whole(1, 64, {
    initial: undefined,
    shown: "one less than the processor has threads, 6 at most",
    meaning: "what makes scenes and crops ahead of the GPU; changes no result",
  }),
  out: RUN_FLAGS.out,
  project: RUN_FLAGS.project,
  name: text("NAME", {
    initial: undefined,
    shown: "pretrain-mae, pretrain-dino; with --pictures and their folder",
    meaning: "name of the run",
  }, { form: /^[^/\\]*[^/\\.][^/\\]*$/, needs: "must be one name without slashes" }),
  config: {
    ...RUN_FLAGS.config,
    meaning: 'JSON file of flags, such as {"steps": 1000, "rate": 0.001}; the command line wins',
  },
  force: RUN_FLAGS.force,
  memory: text("SIZE", {
    initial: "auto",
    shown: RUN_FLAGS.memory.shown,
    meaning: "GPU memory to stay within, such as 800M or 4G; a step that needs more stops",
  }, { form: MEMORY_FORM, needs: "must be auto or a size such as 800M or 4G" }),
  tune: RUN_FLAGS.tune,
  "dry-run": RUN_FLAGS["dry-run"],
  json: RUN_FLAGS.json,
  quiet: RUN_FLAGS.quiet,
} as const;

/** Flags of `pretrain`. */
export const PRETRAIN_FLAGS = {
  preset: choice(["tiny"], {
    initial: "tiny",
    meaning: "defaults of the options below: the course of the embedded models",
    source: OURS,
  }),
  ...SOURCE_FLAGS,
  ...COURSE_FLAGS,
  ...ENCODER_FLAGS,
  ...CROP_FLAGS,
  ...OBJECTIVE_FLAGS,
  ...KEEPING_FLAGS,
} as const;

/** Values of {@linkcode PRETRAIN_FLAGS}. */
export type PretrainValues = ValuesOf<typeof PRETRAIN_FLAGS>;

/** Flags that mean something for one objective alone. */
export const FLAGS_OF: Readonly<Record<ObjectiveName, readonly (keyof PretrainValues)[]>> = {
  mae: ["mask-ratio", "variance-floor", "decoder-dim", "decoder-depth", "decoder-heads"],
  dino: [
    "local-crops",
    "local-crop",
    "prototypes",
    "hidden",
    "bottleneck",
    "student-temperature",
    "teacher-temperature",
    "teacher-keep",
    "frozen-prototypes",
  ],
};

import { PAPER, PRACTICAL, type ProposalOptions } from "./engine.ts";
import {
  choice,
  decimal,
  type Flag,
  onOff,
  share,
  switchFlag,
  text,
  whole,
  wholes,
} from "./flag.ts";
import { MEMORY_FORM } from "./memory_budget.ts";
import { ONNX_FLAGS } from "./onnx_flags.ts";
import { SCENE_MODES } from "@fiedler/scenes";

/** How help writes a default that the presets differ in. */
function byPreset(option: keyof ProposalOptions): string {
  const [paper, practical] = [`${PAPER[option]}`, `${PRACTICAL[option]}`];
  return paper === practical ? paper : `${paper}; practical: ${practical}`;
}

/** A flag whose default is the preset's. */
const preset = (option: keyof ProposalOptions, meaning: string, source: string) => ({
  initial: undefined,
  shown: byPreset(option),
  meaning,
  source,
});

const OURS = "our choice";

const resize = <const I extends string>(initial: I) =>
  text("RULE", {
    initial,
    meaning: "native, short:N, long:N or fixed:HxW; auto: short:256 for the embedded models " +
      "and encoders of `pretrain`, else native",
    source: OURS,
  }, {
    form: /^(auto|native|(short|long):[1-9]\d{0,5}|fixed:[1-9]\d{0,5}x[1-9]\d{0,5})$/,
    needs: "must be auto, native, short:N, long:N or fixed:HxW",
  });

const center = (initial: "auto" | "none") =>
  choice(["auto", "grey", "none"], {
    initial,
    meaning: "subtract the keys of a flat grey picture; auto: grey for the embedded models and " +
      "encoders of `pretrain`, else none",
    source: "departure from the paper",
  });

/** What names and shapes in a checkpoint may leave open. */
const NETWORK_FLAGS = {
  encoder: text("NAME", {
    initial: undefined,
    shown: "the one that its authors evaluate",
    meaning: "encoder of a training checkpoint: teacher, student, base, momentum, target, …",
  }),
  heads: whole(1, 1024, {
    initial: undefined,
    shown: "width / 64",
    meaning: "attention heads of a block",
  }),
  "dilate-layer4": switchFlag({
    meaning: "of a ResNet: dilation in place of the last stride, for a patch of 16",
  }),
} as const;

/** Where the default differs by command. */
const enlarge = (shown: string) =>
  choice(["auto", "1", "2"], {
    initial: "auto",
    shown,
    meaning: "of a ResNet: how many times pictures are enlarged before it; halves its patch",
    source: OURS,
  });

/** How pictures become features. */
export const FEATURE_FLAGS = {
  model: text("NAME|FILE", {
    initial: "mae-tiny",
    meaning: "extractor: mae-tiny, dino-tiny, a name that `fiedler weights` lists, or a file",
    source: "§3: MAE separates instances best",
  }),
  weights: text("FILE", {
    initial: undefined,
    meaning: "the checkpoint; --model then says whose it is: dino, mae, msn, moco-v3, …",
  }),
  ...NETWORK_FLAGS,
  enlarge: enlarge("2 without --dilate-layer4"),
  ...ONNX_FLAGS,
  resize: resize("auto"),
  center: center("auto"),
  "max-pixels": decimal(1, 1e9, {
    initial: 100e6,
    shown: "100000000",
    meaning: "refuse pictures of more pixels, before decoding",
  }),
} as const;

/** The proposal stage, in the order of the paper. */
export const PROPOSAL_FLAGS = {
  saliency: text("NAME|FILE", {
    initial: "auto",
    shown: "DINO with --preset paper, the model itself with practical",
    meaning: "extractor of the saliency mask: as --model, or none",
    source: "§4, Table 5: DINO; practical: our choice",
  }),
  "saliency-weights": text("FILE", {
    initial: undefined,
    meaning: "the checkpoint of --saliency, as --weights",
  }),
  preset: choice(["paper", "practical"], {
    initial: "practical",
    meaning: "defaults of the options below: what the paper fixes, or what we recommend",
    source: OURS,
  }),
  facet: choice(
    ["key", "query", "value", "token"],
    preset("facet", "what to take of the attention block", "§3"),
  ),
  layer: whole(-1000, 1000, preset("layer", "block; negative counts from the end", "§3")),
  k: wholes(2, 16, preset("clusterCounts", "numbers of clusters, one clustering each", "§4")),
  affinity: choice(
    ["relu", "minmax", "threshold"],
    preset("affinity", "edge weight from the cosine c of two keys", OURS),
  ),
  "affinity-threshold": decimal(
    -1,
    1,
    preset("affinityThreshold", "τ of --affinity threshold", "TokenCut"),
  ),
  diagonal: choice(
    ["dropped", "kept"],
    preset("diagonal", "whether a patch is linked to itself", "scikit-learn"),
  ),
  "colour-weight": decimal(
    0,
    1000,
    preset("colourWeight", "weight of neighbours in colour and place", "Deep Spectral M."),
  ),
  embedding: choice(
    ["sklearn", "dss", "njw"],
    preset("embedding", "what of the eigenvectors is clustered", OURS),
  ),
  "dss-vectors": whole(2, 16, preset("dssVectors", "K of --embedding dss", "Deep Spectral M.")),
  labels: choice(
    ["kmeans", "cluster_qr", "discretize"],
    preset("labels", "what makes clusters of it; cluster_qr needs no seed", "scikit-learn"),
  ),
  restarts: whole(
    1,
    100,
    preset("restarts", "starts of k-means, the best is kept", "scikit-learn"),
  ),
  seed: whole(
    0,
    2 ** 32 - 1,
    preset("seed", "seed of k-means, discretize and the eigensolver", OURS),
  ),
  split: onOff({
    initial: true,
    meaning: "split each cluster into its connected pieces; off: each cluster is one mask",
    source: "§4, Table 6",
  }),
  connectivity: choice(["4", "8"], {
    initial: undefined,
    shown: byPreset("connectivity"),
    meaning: "neighbours of a patch in the component split",
    source: OURS,
  }),
  "min-patches": whole(
    0,
    1e6,
    preset("minPatches", "drop masks of fewer patches", OURS),
  ),
  "max-share": share(
    preset("maxShare", "drop masks over a larger share of the picture", OURS),
  ),
  upsample: choice(
    ["nearest", "features-x2", "soft"],
    preset("upsample", "how patches become pixels", OURS),
  ),
  crf: onOff({
    initial: false,
    meaning: "draw kept masks to the edges of colours with a dense CRF",
    source: "Deep Spectral M.",
  }),
  "saliency-score": choice(
    ["ioa", "iou", "ios"],
    preset("saliencyScore", "what the overlap with the saliency mask is divided by", OURS),
  ),
  "saliency-threshold": share(
    preset("saliencyThreshold", "drop masks with a lower score", "§4"),
  ),
  nms: share(
    preset("nmsThreshold", "drop masks with a larger IoU with a better one", OURS),
  ),
  "nms-order": choice(
    ["ioa", "area", "k", "coherence"],
    preset("nmsOrder", "which of two masks is the better", OURS),
  ),
} as const;

/** Where results go and how a run behaves; none of these changes a mask. */
export const RUN_FLAGS = {
  out: text("DIR", {
    initial: undefined,
    shown: "PROJECT/NAME",
    meaning: "the run folder",
  }),
  project: text("DIR", { initial: "runs", meaning: "the folder of run folders" }),
  name: text("NAME", {
    initial: undefined,
    shown: "that of the pictures' folder",
    meaning: "name of the run",
  }, { form: /^[^/\\]*[^/\\.][^/\\]*$/, needs: "must be one name without slashes" }),
  config: text("FILE", {
    initial: undefined,
    meaning: 'JSON file of flags, such as {"k": [2, 3], "nms": 0.7}; the command line wins',
  }),
  force: switchFlag({ meaning: "move an existing run folder aside (NAME.1, …) and start anew" }),
  strict: switchFlag({ meaning: "stop at the first picture that cannot be read (exit 3)" }),
  recursive: onOff({ initial: true, meaning: "look for pictures in subfolders too" }),
  batch: whole(0, 1024, {
    initial: 0,
    shown: "auto",
    meaning: "pictures computed and saved at once; 0 = auto: 2 on a software adapter, else 16",
  }),
  memory: text("SIZE", {
    initial: "auto",
    shown: "auto: half of what is free on a software adapter, else what the GPU gives",
    meaning: "GPU memory to stay within, such as 800M or 4G: batches are made to fit",
  }, { form: MEMORY_FORM, needs: "must be auto or a size such as 800M or 4G" }),
  tune: choice(["auto", "off"], {
    initial: "auto",
    meaning:
      "auto: the forms of kernels that are fastest here, by a measurement at first use of a " +
      "graphics card (2 s at most) or by `tune`; off: defaults. Results stay the same",
  }),
  "save-stages": text("DIR", {
    initial: undefined,
    meaning: "write keys, affinity, eigenvectors, labels, … of each picture there as .npy",
  }),
  "dry-run": switchFlag({
    meaning: "say what would be done, and what memory, time and disk it takes; write nothing",
  }),
  json: switchFlag({ meaning: "JSON lines on standard output, for programs" }),
  quiet: switchFlag({ meaning: "print errors only" }),
} as const;

/** What `pipeline` adds to `propose`. */
export const REPORT_FLAGS = {
  gallery: whole(0, 10_000, { initial: 48, meaning: "pictures shown in the report" }),
  overlays: onOff({ initial: true, meaning: "draw the masks over each picture (overlays/*.png)" }),
  profile: onOff({ initial: true, meaning: "time every GPU kernel, where the adapter can" }),
} as const;

/** What `pipeline` does after the proposals. */
export const COURSE_FLAGS = {
  segmenter: choice(["tiny", "reduced", "paper", "none"], {
    initial: "tiny",
    meaning: "train a segmenter on the masks, preset as of `train`, and use it; none: masks only",
    source: "§3",
  }),
  "train-steps": whole(1, 1e7, {
    initial: undefined,
    shown: "tiny: 600; with --fast 100; else the preset's",
    meaning: "updates of the segmenter's parameters",
    source: OURS,
  }),
  start: text("NAME|FILE|none", {
    initial: undefined,
    shown: "scenes-tiny with --segmenter tiny, but none for the scenes without --fast",
    meaning: "segmenter whose weights the training starts from; none for new ones",
    source: OURS,
  }),
  truth: text("FILE", {
    initial: undefined,
    shown: "of the scenes, without PHOTOS",
    meaning: "COCO ground truth: its pictures are kept aside from training, and judged by",
  }),
  scenes: whole(2, 100_000, {
    initial: undefined,
    shown: "160; with --fast 30",
    meaning: "without PHOTOS: generated scenes to learn from",
    source: OURS,
  }),
  "held-out": whole(1, 100_000, {
    initial: undefined,
    shown: "60; with --fast 20",
    meaning: "without PHOTOS: generated scenes to judge by",
    source: OURS,
  }),
  fast: switchFlag({ meaning: "without PHOTOS: a shorter example, in a quarter of the time" }),
} as const;

/** Flags of `features`: by default the model's own features, of the picture as it is. */
export const EXTRACT_FLAGS = {
  weights: text("FILE", {
    initial: undefined,
    meaning: "the checkpoint; or use --model alone for a known name",
  }),
  model: text("NAME", {
    initial: undefined,
    shown: "mae-tiny without --weights",
    meaning: "as in pipeline; with --weights, whose release it is, or any name to record",
  }),
  ...NETWORK_FLAGS,
  enlarge: enlarge("1"),
  ...ONNX_FLAGS,
  out: text("DIR", {
    initial: undefined,
    shown: "required",
    meaning: "folder for NAME.npy and NAME.json of each picture",
  }),
  facet: choice(["key", "query", "value", "token"], {
    initial: "key",
    meaning: "what to take of the attention block",
    source: "§3",
  }),
  layer: whole(0, 1000, {
    initial: undefined,
    shown: "the last",
    meaning: "block, from 0",
    source: "§3",
  }),
  resize: resize("native"),
  center: center("none"),
  "max-pixels": FEATURE_FLAGS["max-pixels"],
  config: RUN_FLAGS.config,
  strict: RUN_FLAGS.strict,
  recursive: RUN_FLAGS.recursive,
  batch: RUN_FLAGS.batch,
  tune: RUN_FLAGS.tune,
  json: RUN_FLAGS.json,
  quiet: RUN_FLAGS.quiet,
} as const;

/** Flags of `weights`. */
export const WEIGHTS_FLAGS = {
  "accept-terms": switchFlag({ meaning: "fetch: accept terms that forbid commercial use" }),
  json: RUN_FLAGS.json,
  quiet: RUN_FLAGS.quiet,
} as const;

/** Flags of `explain`. */
export const EXPLAIN_FLAGS = {
  overlay: text("FILE.png", {
    initial: undefined,
    meaning: "draw the mask, or all kept ones, over the picture into a new file",
  }, { form: /\.png$/i, needs: "must be the name of a .png file" }),
  json: RUN_FLAGS.json,
} as const;

/** Flags of `inspect`. */
export const INSPECT_FLAGS = {
  model: text("NAME", {
    initial: undefined,
    shown: "by the names in the file",
    meaning: "whose release it is: dino, mae, msn, moco-v3, selfpatch, densecl, …",
  }),
  encoder: NETWORK_FLAGS.encoder,
  heads: NETWORK_FLAGS.heads,
  json: RUN_FLAGS.json,
} as const;

/** Flags of `convert`. */
export const CONVERT_FLAGS = {
  out: text("FILE", {
    initial: undefined,
    shown: "required",
    meaning: "the .safetensors file to write",
  }),
  ...INSPECT_FLAGS,
  all: switchFlag({ meaning: "every tensor under its own name and type, not the model alone" }),
  force: switchFlag({ meaning: "write over an existing file" }),
  quiet: RUN_FLAGS.quiet,
} as const;

/** Flags of `scenes`. */
export const SCENES_FLAGS = {
  count: whole(1, 1e6, { initial: 100, meaning: "how many pictures" }),
  mode: choice(SCENE_MODES, {
    initial: "scene",
    meaning: "what they are for, as above",
  }),
  size: whole(32, 4096, {
    initial: 128,
    meaning: "pixels a side: the same scenes at every size",
  }),
  seed: whole(0, 2 ** 32 - 1, { initial: 0, meaning: "which scenes" }),
  first: whole(1, 1e9, {
    initial: 1,
    meaning: "number of the first: sets of one seed that do not overlap have no scene in common",
  }),
  json: RUN_FLAGS.json,
  quiet: RUN_FLAGS.quiet,
} as const;
/** Values of {@linkcode SCENES_FLAGS}. */
export type ScenesValues = ValuesOf<typeof SCENES_FLAGS>;

/** Flags of `reproduce`. */
export const REPRODUCE_FLAGS = {
  data: text("NAME|DIR,…", {
    initial: undefined,
    shown: "scenes,nuclei",
    meaning: "table1: labelled pictures: scenes, crowds, singles, nuclei, NAME=DIR as " +
      "`fiedler data` lists, or a folder with COCO JSON; :N behind an item takes its first N",
  }),
  models: text("NAME|FILE,…", {
    initial: undefined,
    shown: "table1: mae-tiny,mae-tiny:none,dino-tiny,random,colour; table2: " +
      "mae-tiny,dino-tiny,random,colour; the others: mae-tiny",
    meaning: "extractors: random, colour, or as --model; table1: :none or :grey behind an item " +
      "sets --center for it",
  }),
  pictures: whole(1, 1e7, {
    initial: undefined,
    shown: "100 scenes, all of a folder",
    meaning: "table1: pictures of each data set, where its item does not say",
  }),
  rows: text("NAME,NAME,…", {
    initial: undefined,
    shown: "all",
    meaning: "not of table1: rows to compute; --dry-run lists their names",
  }),
  scenes: whole(1, 100_000, {
    initial: undefined,
    shown: "150",
    meaning: "not of table1: generated scenes that the segmenters learn from",
    source: OURS,
  }),
  "held-out": whole(1, 100_000, {
    initial: undefined,
    shown: "100",
    meaning: "not of table1: other generated scenes, to judge by",
    source: OURS,
  }),
  steps: whole(1, 1e7, {
    initial: undefined,
    shown: "those of `train --preset tiny`",
    meaning: "not of table1: updates of each segmenter",
    source: OURS,
  }),
  seed: whole(0, 2 ** 32 - 1, {
    initial: undefined,
    shown: "0",
    meaning: "not of table1: seed of the trainings; proposals and scenes stay",
    source: OURS,
  }),
  train: text("FILE", {
    initial: undefined,
    meaning: 'not of table1: JSON file of flags of `train`, such as {"width": 16}',
  }),
  resize: resize("auto"),
  "max-pixels": FEATURE_FLAGS["max-pixels"],
  out: text("DIR", {
    initial: undefined,
    shown: "runs/table1; of all others runs/tables",
    meaning: "folder of the results; what it holds already is not measured again",
  }),
  memory: RUN_FLAGS.memory,
  tune: RUN_FLAGS.tune,
  config: RUN_FLAGS.config,
  "dry-run": switchFlag({
    meaning: "not of table1: say which rows there are and how long they take; compute nothing",
  }),
  json: RUN_FLAGS.json,
  quiet: RUN_FLAGS.quiet,
} as const;
/** Values of {@linkcode REPRODUCE_FLAGS}. */
export type ReproduceValues = ValuesOf<typeof REPRODUCE_FLAGS>;

/** Flags of `data`. */
export const DATA_FLAGS = {
  out: text("FILE", {
    initial: undefined,
    shown: "required by convert and pictures",
    meaning: "the file to write: .json of convert, .txt of pictures",
  }),
  run: text("RUN", {
    initial: undefined,
    shown: "the data set's own ids",
    meaning: "convert: number the pictures as this run folder does, for `evaluate`",
  }),
  "without-difficult": switchFlag({ meaning: "convert: leave out VOC's difficult objects" }),
  deep: switchFlag({ meaning: "verify: decode every picture, and compare sizes" }),
  force: switchFlag({ meaning: "write over an existing file" }),
  json: RUN_FLAGS.json,
  quiet: RUN_FLAGS.quiet,
} as const;

/** What `export` and `import` have in common. */
const INTERCHANGE_FLAGS = {
  force: switchFlag({ meaning: "write over what exists" }),
  json: RUN_FLAGS.json,
  quiet: RUN_FLAGS.quiet,
} as const;

/** Flags of `export`. */
export const EXPORT_FLAGS = {
  format: choice(["coco", "label-studio", "yolo-seg", "voc-png"], {
    initial: undefined,
    shown: "required",
    meaning: "what to write",
  }),
  out: text("FILE|DIR", {
    initial: undefined,
    shown: "required",
    meaning: "the file of coco, else the folder",
  }),
  like: text("FILE", {
    initial: undefined,
    meaning: "COCO ground truth that names the pictures of a results file",
  }),
  shape: choice(["polygon", "brush"], {
    initial: "polygon",
    meaning: "label-studio: outlines to drag, or painted pixels",
  }),
  as: choice(["annotations", "predictions"], {
    initial: "annotations",
    meaning: "label-studio: labels that count, or ones to correct",
  }),
  prefix: text("URL", {
    initial: "/data/local-files/?d=",
    meaning: "label-studio: what stands before a picture's name",
  }),
  ...INTERCHANGE_FLAGS,
} as const;

/** Flags of `import`. */
export const IMPORT_FLAGS = {
  format: choice(["label-studio", "yolo-seg", "voc-png"], {
    initial: undefined,
    shown: "required",
    meaning: "what to read",
  }),
  out: text("FILE", {
    initial: undefined,
    shown: "required",
    meaning: "the COCO instances file to write",
  }),
  like: text("FILE", {
    initial: undefined,
    shown: "numbered anew",
    meaning: "COCO ground truth whose pictures, categories and ids are used",
  }),
  images: text("DIR", {
    initial: undefined,
    shown: "images beside the labels",
    meaning: "the pictures, for their names and sizes",
  }),
  ...INTERCHANGE_FLAGS,
} as const;

/** A set of flags by name. */
export type FlagSet = Readonly<Record<string, Flag<unknown>>>;

/** The values of a set of flags. */
export type ValuesOf<F> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** Flags of `propose`. */
export const PROPOSE_FLAGS = { ...FEATURE_FLAGS, ...PROPOSAL_FLAGS, ...RUN_FLAGS } as const;
/** Flags of `pipeline`. */
export const PIPELINE_FLAGS = { ...PROPOSE_FLAGS, ...REPORT_FLAGS, ...COURSE_FLAGS } as const;
/** Values of {@linkcode PIPELINE_FLAGS}. */
export type PipelineValues = ValuesOf<typeof PIPELINE_FLAGS>;
/** Values of {@linkcode EXTRACT_FLAGS}. */
export type ExtractValues = ValuesOf<typeof EXTRACT_FLAGS>;

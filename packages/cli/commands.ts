import { DEMO_FLAGS } from "./demo_flags.ts";
import { PREDICT_FLAGS } from "./predict_flags.ts";
import { EVALUATE_FLAGS } from "./evaluate_flags.ts";
import {
  CONVERT_FLAGS,
  DATA_FLAGS,
  EXPLAIN_FLAGS,
  EXPORT_FLAGS,
  EXTRACT_FLAGS,
  type FlagSet,
  IMPORT_FLAGS,
  INSPECT_FLAGS,
  PIPELINE_FLAGS,
  PROPOSE_FLAGS,
  REPRODUCE_FLAGS,
  RUN_FLAGS,
  SCENES_FLAGS,
  WEIGHTS_FLAGS,
} from "./flags.ts";
import { PRETRAIN_FLAGS } from "./pretrain_flags.ts";
import { TRAIN_FLAGS } from "./train_flags.ts";
import { TUNE_FLAGS } from "./tune_flags.ts";

/** One row of the table that parsing, help and dispatch are made from. */
export interface Command {
  readonly name: string;
  /** How many arguments without dashes. */
  readonly operands: { readonly shown: string; readonly min: number; readonly max: number };
  readonly summary: string;
  readonly details: string;
  readonly flags: FlagSet;
  readonly example: string;
}

const PHOTOS = "PHOTOS: a folder, a picture, several of either, or a .txt file with one path a " +
  "line. JPEG and PNG.";

/** Every command, in the order of help. */
export const COMMANDS: readonly Command[] = [
  {
    name: "pipeline",
    operands: { shown: "[PHOTOS…]", min: 0, max: Infinity },
    summary: "photos to instance masks, overlays and a report",
    details: `${PHOTOS} Without PHOTOS: the pictures that come with Fiedler.\n` +
      "The same command again resumes where it stopped.",
    flags: PIPELINE_FLAGS,
    example: "fiedler pipeline photos/ --preset paper",
  },
  {
    name: "propose",
    operands: { shown: "[PHOTOS…]", min: 0, max: Infinity },
    summary: "photos to instance masks only",
    details: `${PHOTOS} As pipeline, without overlays and report.`,
    flags: PROPOSE_FLAGS,
    example: "fiedler propose photos/ --out masks/",
  },
  {
    name: "train",
    operands: { shown: "SOURCE", min: 1, max: 1 },
    summary: "masks to a segmenter: it learns from proposals, or from drawn labels",
    details:
      "SOURCE: a run folder, whose kept masks are the objects; a COCO instances file; or COCO\n" +
      "results with --like. Writes segmenter.safetensors, which predict reads, metrics.jsonl,\n" +
      "report.html with the curves, and checkpoints. The backbone stays as it is.\n" +
      "The same command again goes on from the last checkpoint, and ends with the same bytes.",
    flags: TRAIN_FLAGS,
    example: "fiedler train runs/example",
  },
  {
    name: "pretrain",
    operands: { shown: "mae|dino", min: 1, max: 1 },
    summary: "generated scenes, or your photos, to an encoder of your own",
    details:
      "mae: masked autoencoding. dino: self-distillation. Writes encoder.safetensors, which\n" +
      "--model of other commands reads, metrics.jsonl, report.html with the curves, and\n" +
      "checkpoints, each with its encoder. The same command again goes on from the last\n" +
      "checkpoint, and ends with the same bytes.",
    flags: PRETRAIN_FLAGS,
    example: "fiedler pretrain mae --steps 100",
  },
  {
    name: "predict",
    operands: { shown: "PHOTOS…", min: 1, max: Infinity },
    summary: "photos to objects with scores, by a trained segmenter",
    details: `${PHOTOS}\n` +
      "By default the segmenter that comes with Fiedler, which learnt from its own masks of\n" +
      "generated scenes. Writes predictions.coco.json, overlays/ and a line of JSON for each\n" +
      "picture. The same command again resumes where it stopped.",
    flags: PREDICT_FLAGS,
    example: "fiedler predict photo.jpg",
  },
  {
    name: "features",
    operands: { shown: "IMAGES…", min: 1, max: Infinity },
    summary: "photos to patch features, one .npy each",
    details: `${PHOTOS.replace("PHOTOS", "IMAGES")}\n` +
      "Writes NAME.npy, f32 [patches, dim] in raster order, and NAME.json (grid, patch, size,\n" +
      "crop, model, hash).",
    flags: EXTRACT_FLAGS,
    example: "fiedler features photos/ --weights vit.safetensors --out features/",
  },
  {
    name: "demo",
    operands: { shown: "", min: 0, max: 0 },
    summary: "the method in a browser: your pictures, live panels, training in the tab",
    details:
      "Builds a site and serves it on this machine alone, or writes it with --out. Pages compute\n" +
      "on the browser's GPU and make no request but for their own files; after the first visit\n" +
      "they work without the server. Beside the demo: examples/, pages of a few lines.",
    flags: DEMO_FLAGS,
    example: "fiedler demo",
  },
  {
    name: "doctor",
    operands: { shown: "", min: 0, max: 0 },
    summary: "the GPU adapter, its limits, and a self-test of the kernels",
    details: "Exits 6 when there is no adapter or a kernel computes something else than the CPU.",
    flags: { json: RUN_FLAGS.json },
    example: "fiedler doctor",
  },
  {
    name: "tune",
    operands: { shown: "", min: 0, max: 0 },
    summary: "times the forms of the kernels on this adapter, and keeps the fastest",
    details:
      "Other commands do so themselves at first use on a graphics card; this one shows the times,\n" +
      "and measures software adapters too. Results stay the same: all forms sum in one order.\n" +
      "Kept in the cache: fiedler/tuning in XDG_CACHE_HOME, else in ~/.cache.",
    flags: TUNE_FLAGS,
    example: "fiedler tune --budget 10",
  },
  {
    name: "report",
    operands: { shown: "RUN", min: 1, max: 1 },
    summary: "writes the report of a run folder again",
    details: "RUN: a run folder, such as runs/example.",
    flags: { gallery: PIPELINE_FLAGS.gallery, json: RUN_FLAGS.json, quiet: RUN_FLAGS.quiet },
    example: "fiedler report runs/example",
  },
  {
    name: "explain",
    operands: { shown: "RUN IMAGE [MASK]", min: 2, max: 3 },
    summary: "where a mask came from, or why it was dropped",
    details: "RUN: a run folder. IMAGE: a picture's path in the run, the end of it, or its COCO\n" +
      "id. MASK: the id of a mask, as listed without MASK.",
    flags: EXPLAIN_FLAGS,
    example: "fiedler explain runs/example coffee 12",
  },
  {
    name: "scenes",
    operands: { shown: "DIR", min: 1, max: 1 },
    summary: "generated pictures with exact masks: labelled data, offline",
    details:
      "Writes DIR/images/000001.png, … and DIR/instances.json (COCO, run lengths). The same\n" +
      "settings give the same bytes on every machine; the same command again goes on.\n" +
      "--mode scene: 1 to 8 objects. object: 1 to 3 of one category. product: one, large, in\n" +
      "the middle, mostly on a quiet ground. single: one of any size. crowd: a pile of 2 to 5\n" +
      "of one category, and up to two others.",
    flags: SCENES_FLAGS,
    example: "fiedler scenes toys/ --count 100",
  },
  {
    name: "evaluate",
    operands: { shown: "GT RESULTS…", min: 2, max: Infinity },
    summary: "COCO's average precision and recall, and recall by number of instances",
    details:
      "GT: a COCO instances file. RESULTS: COCO results files or run folders; several are\n" +
      "shown side by side. The numbers are those of pycocotools; images without results\n" +
      "count as missed. With --json each RESULTS is one line; a metric is -1 where there is\n" +
      "no object of its size, as in pycocotools.",
    flags: EVALUATE_FLAGS,
    example: "fiedler evaluate instances_val2017.json runs/val2017 --by-count",
  },
  {
    name: "data",
    operands: { shown: "[VERB [NAME [DIR]]]", min: 0, max: 3 },
    summary: "data sets: where from, which layout, whether a copy is whole, as COCO JSON",
    details: "list: all that are known by name; any folder of pictures is `folder`.\n" +
      "info NAME: size, terms, sources, layout. verify NAME DIR: whether all of it is there.\n" +
      "convert NAME DIR: its ground truth as COCO JSON. pictures NAME DIR: a list for propose.\n" +
      "fetch NAME DIR: its archives, resumable and checked, and how to unpack them.",
    flags: DATA_FLAGS,
    example: "fiedler data convert voc2012 data/ --out voc2012.json",
  },
  {
    name: "export",
    operands: { shown: "RUN|FILE", min: 1, max: 1 },
    summary: "masks for other tools: Label Studio, YOLO, VOC, COCO",
    details: "RUN: a run folder. FILE: COCO ground truth, or COCO results with --like.\n" +
      "label-studio: tasks.json and labels.xml. yolo-seg: labels/*.txt and data.yaml, one polygon\n" +
      "an object. voc-png: SegmentationObject/*.png, where each pixel is the best mask's.\n" +
      "What a format has no place for is counted.",
    flags: EXPORT_FLAGS,
    example: "fiedler export runs/example --format label-studio --as predictions --out tasks/",
  },
  {
    name: "import",
    operands: { shown: "FILE|DIR", min: 1, max: 1 },
    summary: "labels of other tools as COCO ground truth",
    details:
      "label-studio: the JSON of an export, or a folder with tasks.json. yolo-seg: a folder\n" +
      "with labels/, data.yaml and images/. voc-png: a folder with SegmentationObject/.",
    flags: IMPORT_FLAGS,
    example: "fiedler import project.json --format label-studio --out gt.json",
  },
  {
    name: "weights",
    operands: { shown: "[VERB [NAME [FILE]]]", min: 0, max: 3 },
    summary: "published checkpoints: list, info, fetch, verify, path",
    details: "list: all that can be asked for by name. info NAME: sources, terms, size, hashes.\n" +
      "fetch NAME: into the cache, resumable; it and `data fetch` alone use the network.\n" +
      "verify NAME [FILE]: size and hashes of the cached file, or of FILE.\n" +
      "path NAME: where it is, or belongs. Cache: FIEDLER_WEIGHTS, or fiedler/weights in\n" +
      "XDG_CACHE_HOME, else in ~/.cache.",
    flags: WEIGHTS_FLAGS,
    example: "fiedler weights fetch dino-vitb16",
  },
  {
    name: "inspect",
    operands: { shown: "FILE|NAME", min: 1, max: 1 },
    summary: "the tensors of a checkpoint, array or ONNX model, and what model it is",
    details:
      "FILE: .pth in both of torch's forms, .safetensors, .npy, .npz or .onnx, told by its\n" +
      "content. Nothing in it is executed, and no more is read than its directory.\n" +
      "NAME: as `fiedler weights` lists, of the cache.",
    flags: INSPECT_FLAGS,
    example: "fiedler inspect moco_v3.pth.tar --encoder momentum",
  },
  {
    name: "convert",
    operands: { shown: "FILE|NAME", min: 1, max: 1 },
    summary: "a checkpoint as safetensors that say what they are",
    details:
      "Writes the model that features are taken from, under timm's or torchvision's names,\n" +
      "as f32, with all that its names leave open: release, encoder, heads, positions.",
    flags: CONVERT_FLAGS,
    example: "fiedler convert vitb16_600ep.pth.tar --out msn.safetensors",
  },
  {
    name: "reproduce",
    operands: { shown: "table1|table2|table4|table5|table6|table7", min: 1, max: 1 },
    summary: "the paper's tables in miniature, beside its own numbers",
    details:
      "table1: recall by number of instances, pairs merged before the split, cosines of keys,\n" +
      "and saliency of pictures of one object, of each extractor on each data set, and how far\n" +
      "each is from the first; photos are shrunk to short:256 for the small extractors.\n" +
      "table2: extractors. table4: each k alone and all. table5: saliency none, MAE,\n" +
      "DINO. table6: component split off and on. table7: segmenters (Mask R-CNN is not\n" +
      "implemented). Each row of 2 to 7 makes proposals of generated scenes (--preset paper),\n" +
      "trains a segmenter on them, and judges both on other scenes. Rows that tables share are\n" +
      "computed once. Scenes are enlarged to 24 × 24 patches.\n" +
      "With bootstrap errors, the paper's numbers beside, and which of its directions hold.\n" +
      "The same command again resumes where it stopped, or adds what is new.",
    flags: REPRODUCE_FLAGS,
    example: "fiedler reproduce table4 --dry-run",
  },
  {
    name: "version",
    operands: { shown: "", min: 0, max: 0 },
    summary: "prints the version",
    details: "",
    flags: {},
    example: "fiedler version",
  },
  {
    name: "help",
    operands: { shown: "[COMMAND]", min: 0, max: 1 },
    summary: "explains a command and all its flags",
    details: "",
    flags: {},
    example: "fiedler help pipeline",
  },
];

/**
 * Every data set that can be asked for by name: what it is, where it comes from, under which terms,
 * how it must lie on the disk, and how many pictures and objects make it whole. None of them comes
 * with Fiedler but the nuclei.
 *
 * @module
 */

/** A file to download. */
export interface DataArchive {
  /** Where its publisher has it. */
  readonly url: string;
  /** Exact length; null where nobody recorded it. */
  readonly bytes: number | null;
  /** SHA-256 of its content, lower case; null where nobody recorded it. */
  readonly sha256: string | null;
}

/** How a data set lies in its folder. */
export type DataLayout =
  | {
    /** COCO instances JSON beside a folder of pictures. */
    readonly kind: "coco";
    /** Places of the JSON, the first that is there counts. */
    readonly annotations: readonly string[];
    /** Places of the pictures, likewise; `""` is the folder itself. */
    readonly pictures: readonly string[];
    /** A text file of the names that belong to it, where that is not all of them. */
    readonly list?: string;
  }
  | {
    /** PASCAL VOC's development kit. */
    readonly kind: "voc";
    /** `VOC2007`. */
    readonly release: string;
    /** `Main/trainval`: the list of pictures in `ImageSets`. */
    readonly set: string;
    /** What counts as an object: boxes, or the masks of `SegmentationObject`. */
    readonly truth: "boxes" | "masks";
  }
  | {
    /** Pictures, and no ground truth. */
    readonly kind: "pictures";
    readonly pictures: readonly string[];
  }
  | {
    /** Any folder: with COCO JSON or without. */
    readonly kind: "folder";
  };

/** A data set. */
export interface DataSetInfo {
  /** What one types: `coco-val2017`. */
  readonly name: string;
  /** What it is, in words. */
  readonly title: string;
  /** Pictures; null where it may have any number. */
  readonly pictures: number | null;
  /** Annotations, crowds and difficult ones among them; null where unknown. */
  readonly annotations: number | null;
  /** The page of its publishers. */
  readonly page: string;
  /** What its publishers ask for. */
  readonly terms: string;
  /** What to download; empty where that cannot be done by one request. */
  readonly archives: readonly DataArchive[];
  /** How to get and unpack it, one step a line; DIR is its folder. */
  readonly steps: readonly string[];
  /** How it must lie. */
  readonly layout: DataLayout;
  /** What else there is to know; empty for most. */
  readonly note: string;
}

const COCO_HOST = "http://images.cocodataset.org";
const VOC_HOST = "http://host.robots.ox.ac.uk";

const COCO = {
  page: "https://cocodataset.org/#download",
  terms: "annotations CC BY 4.0; pictures from Flickr, each under its owner's licence",
  note: "",
} as const;

/** Lengths and hashes as the checksum lists of TensorFlow Datasets (Apache-2.0) record them. */
const COCO_ANNOTATIONS = {
  url: `${COCO_HOST}/annotations/annotations_trainval2017.zip`,
  bytes: 252907541,
  sha256: "113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268",
} as const;

const VOC2012 = {
  url: `${VOC_HOST}/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar`,
  bytes: 1999639040,
  sha256: "e14f763270cf193d0b5f74b169f44157a4b0c6efa708f4dd0ff78ee691763bcb",
} as const;

const VOC_TERMS = "pictures from Flickr, under Flickr's terms of use; the annotations' authors " +
  "ask to be cited";

const unzip = (...names: readonly string[]): string[] =>
  names.map((name) => `unzip -n DIR/${name} -d DIR`);

/** COCO's folders, as its archives unpack. */
const coco2017 = (split: string) => ({
  kind: "coco" as const,
  annotations: [`annotations/instances_${split}2017.json`],
  pictures: [`${split}2017`],
});

/** All known data sets, in the order they are listed. */
export const DATA_SETS: readonly DataSetInfo[] = [
  {
    ...COCO,
    name: "coco-val2017",
    title: "COCO 2017 validation",
    pictures: 5000,
    annotations: 36781,
    archives: [{
      url: `${COCO_HOST}/zips/val2017.zip`,
      bytes: 815585330,
      sha256: "4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05",
    }, COCO_ANNOTATIONS],
    steps: unzip("val2017.zip", "annotations_trainval2017.zip"),
    layout: coco2017("val"),
  },
  {
    ...COCO,
    name: "coco-train2017",
    title: "COCO 2017 training",
    pictures: 118287,
    annotations: 860001,
    archives: [{
      url: `${COCO_HOST}/zips/train2017.zip`,
      bytes: 19336861798,
      sha256: "69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929",
    }, COCO_ANNOTATIONS],
    steps: unzip("train2017.zip", "annotations_trainval2017.zip"),
    layout: coco2017("train"),
  },
  {
    ...COCO,
    name: "coco-unlabeled2017",
    title: "COCO 2017 unlabeled",
    pictures: 123403,
    annotations: null,
    archives: [{ url: `${COCO_HOST}/zips/unlabeled2017.zip`, bytes: null, sha256: null }],
    steps: unzip("unlabeled2017.zip"),
    layout: { kind: "pictures", pictures: ["unlabeled2017"] },
    note: "About 19 GB; nobody we know of recorded its length or hash.",
  },
  {
    ...COCO,
    name: "coco20k",
    title: "COCO20k: 19,817 pictures of COCO 2014 training",
    pictures: 19817,
    annotations: 143951,
    archives: [{
      url: `${COCO_HOST}/zips/train2014.zip`,
      bytes: 13510573713,
      sha256: "ede4087e640bddba550e090eae701092534b554b42b05ac33f0300b984b31775",
    }, {
      url: `${COCO_HOST}/annotations/annotations_trainval2014.zip`,
      bytes: 252872794,
      sha256: "031296bbc80c45a1d1f76bf9a90ead27e94e99ec629208449507a4917a3bf009",
    }],
    steps: [
      ...unzip("train2014.zip", "annotations_trainval2014.zip"),
      "put the list of its pictures at DIR/coco20k_files.txt, one name a line; it does not come " +
      "with Fiedler: github.com/wvangansbeke/MaskDistill has it as data/coco/coco20k_files.txt",
    ],
    layout: {
      kind: "coco",
      annotations: ["annotations/instances_train2014.json"],
      pictures: ["train2014"],
      list: "coco20k_files.txt",
    },
    note: "Crowd regions are left out, as in the set's published count of objects.",
  },
  {
    name: "voc2007",
    title: "PASCAL VOC 2007 trainval, boxes",
    pictures: 5011,
    annotations: 15662,
    page: `${VOC_HOST}/pascal/VOC/voc2007/`,
    terms: VOC_TERMS,
    archives: [{
      url: `${VOC_HOST}/pascal/VOC/voc2007/VOCtrainval_06-Nov-2007.tar`,
      bytes: 460032000,
      sha256: "7d8cd951101b0957ddfd7a530bdc8a94f06121cfc1e511bb5937e973020c7508",
    }],
    steps: ["tar -xf DIR/VOCtrainval_06-Nov-2007.tar -C DIR"],
    layout: { kind: "voc", release: "VOC2007", set: "Main/trainval", truth: "boxes" },
    note: "Most pictures have no masks: each object's mask is the rectangle of its box. Good for " +
      "box AP, and for comparison with tables that scored masks against boxes; for nothing else.",
  },
  ...[
    { name: "voc2012", set: "trainval", pictures: 2913 },
    { name: "voc2012-val", set: "val", pictures: 1449 },
  ].map(({ name, set, pictures }): DataSetInfo => ({
    name,
    title: `PASCAL VOC 2012 segmentation ${set}, masks`,
    pictures,
    annotations: null,
    page: `${VOC_HOST}/pascal/VOC/voc2012/`,
    terms: VOC_TERMS,
    archives: [VOC2012],
    steps: ["tar -xf DIR/VOCtrainval_11-May-2012.tar -C DIR"],
    layout: { kind: "voc", release: "VOC2012", set: `Segmentation/${set}`, truth: "masks" },
    note: "True instance masks; void pixels (borders, 255) belong to none.",
  })),
  {
    name: "uvo-sparse-val",
    title: "UVO 1.0 sparse validation, single frames",
    pictures: null,
    annotations: null,
    page: "https://sites.google.com/view/unidentified-video-object/dataset",
    terms: "the annotations' terms are on their page; frames are cut from Kinetics-400 videos, " +
      "which stay their owners'",
    archives: [],
    steps: [
      "ask for the annotations and the frames at the page above",
      "put the frames into DIR/all_UVO_frames",
      "put val_sparse_cleaned_cls_agnostic.json (COCO format, which CutLER's repository links in " +
      "datasets/README.md) into DIR/annotations",
    ],
    layout: {
      kind: "coco",
      annotations: ["annotations/val_sparse_cleaned_cls_agnostic.json"],
      pictures: ["all_UVO_frames"],
    },
    note: "arXiv 2311.14665 counts 8,124 frames and 65,588 objects in UVO 1.0. FrameSet's " +
      "UVO_frame_val.json (7,356 frames) is the set of version 0.5: use it as a plain folder. The " +
      "files of VideoSparseSet hold tracks, which are not read.",
  },
  {
    name: "nuclei",
    title: "13 microscopy pictures with 410 nuclei, which come with Fiedler",
    pictures: 13,
    annotations: 410,
    page: "https://bbbc.broadinstitute.org/BBBC038",
    terms: "CC0 1.0",
    archives: [],
    steps: ["they are in fixtures/nuclei of Fiedler's checkout"],
    layout: { kind: "coco", annotations: ["instances.json"], pictures: ["images"] },
    note: "",
  },
  {
    name: "scenes",
    title: "generated scenes with exact masks",
    pictures: null,
    annotations: null,
    page: "https://cocodataset.org/#format-data",
    terms: "yours",
    archives: [],
    steps: ["./fiedler scenes DIR"],
    layout: { kind: "folder" },
    note: "",
  },
  {
    name: "folder",
    title: "any folder of pictures, with COCO instances JSON or without",
    pictures: null,
    annotations: null,
    page: "https://cocodataset.org/#format-data",
    terms: "those of your pictures",
    archives: [],
    steps: [
      "put the pictures into DIR/images, or into DIR itself",
      "put the ground truth, if there is any, at DIR/instances.json, or as the only .json into " +
      "DIR/annotations",
    ],
    layout: { kind: "folder" },
    note: "",
  },
];

/** Hosts that archives come from; `data fetch` may reach these and no other. */
export const DATA_HOSTS: readonly string[] = [
  ...new Set(DATA_SETS.flatMap(({ archives }) => archives.map(({ url }) => new URL(url).host))),
];

/** A data set by name, or null. */
export function findDataSet(name: string): DataSetInfo | null {
  return DATA_SETS.find((info) => info.name === name) ?? null;
}

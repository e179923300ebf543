/**
 * The releases whose files are read, as `--model` and records name them; `onnx` is any graph that
 * is run as it is.
 */
export type ReleaseId =
  | "dino"
  | "mae"
  | "msn"
  | "moco-v3"
  | "selfpatch"
  | "densecl"
  | "timm"
  | "torchvision"
  | "onnx";

/** How parameters are named; see `vit_layouts.ts` and `resnet_layouts.ts`. */
export type LayoutName = "timm" | "hugging face" | "torchvision" | "detectron2";

/** Where a release keeps an encoder. */
export interface Place {
  readonly layout: LayoutName;
  /** What the names of its parameters begin with: empty, or ending with a dot. */
  readonly root: string;
  /** What users call this encoder: `teacher`, `momentum`, … */
  readonly encoder: string;
}

/** What sets the files of one release apart from those of others. */
export interface Release {
  readonly id: ReleaseId;
  /** For people. */
  readonly title: string;
  /** Every place it keeps encoders in; of those that a file has, the first is the default. */
  readonly places: readonly Place[];
  /** Beginnings of names below the root that belong to heads and decoders. */
  readonly apart: readonly string[];
  /** How its position table becomes that of another grid; null for convolutional networks. */
  readonly resample: "size" | "scale+0.1" | null;
  /** Whether nothing else looks like this: false where the names alone leave a doubt. */
  readonly certain: (signs: Signs) => boolean;
}

/** What recognition goes by, besides the place. */
export interface Signs {
  /** Where the file says what it is: our own metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly place: Place;
  readonly classToken: boolean;
  readonly finalNorm: boolean;
  /** Whether a name in the file begins so. */
  has(beginning: string): boolean;
  /** Whether it is a file of torch's own, a pickle. */
  readonly torch: boolean;
}

/** The same encoder in several places. */
export const places = (
  layout: LayoutName,
  encoder: string,
  roots: readonly string[],
): readonly Place[] => roots.map((root) => ({ layout, root, encoder }));

/** Pictures with masks to learn from, small enough in memory for hundreds of thousands of them. */
import { createHash } from "node:crypto";
import { CliError, EXIT } from "./exit.ts";
import { join } from "./paths.ts";
import { plural } from "./summary.ts";

/** A picture as a source names it, before its file is looked for. */
export interface SourcePicture {
  /** Path below the folder of pictures, with `/`. */
  readonly name: string;
  /** COCO image id. */
  readonly id: number;
  /** `[height, width]` in pixels, upright. */
  readonly size: readonly [height: number, width: number];
  /** Of its file, where the source knows. */
  readonly sha256: string | null;
  /** Of its file, where the source knows. */
  readonly bytes: number | null;
  /** Compressed COCO run lengths of the size of the picture, none of them empty. */
  readonly masks: readonly string[];
}

/** A picture to learn from. */
export interface TrainingPicture extends Omit<SourcePicture, "bytes"> {
  /** Its file. */
  readonly path: string;
}

/** What is not learnt from, counted by reason. */
export interface LeftOut {
  readonly pictures: {
    /** Those that the caller holds out. */
    heldOut: number;
    /** Those that the run could not read. */
    unread: number;
    /** Those in which there is no mask. */
    withoutMasks: number;
    /** Those whose file is not there. */
    missing: number;
  };
  readonly masks: {
    /** Regions of many objects. */
    crowds: number;
    /** Boxes without a mask. */
    boxes: number;
    /** Those without a pixel. */
    empty: number;
    /** Those of a score that is too low. */
    unsure: number;
    /** Those beyond the number that a picture may have. */
    surplus: number;
  };
}

/** What a training learns from, for people and for the run file. */
export interface TrainingSummary {
  readonly pictures: number;
  readonly instances: number;
  /** Instances of a picture in the mean. */
  readonly perPicture: number;
  /** Pictures that are wider than high, square, and higher than wide. */
  readonly shapes: { readonly wide: number; readonly square: number; readonly tall: number };
  /** Least and largest shorter side in pixels. */
  readonly shortSides: readonly [least: number, largest: number];
  /** Least and largest longer side in pixels. */
  readonly longSides: readonly [least: number, largest: number];
  /** Outlines that go on beyond their picture, and were cut at its border. */
  readonly cut: number;
  readonly leftOut: LeftOut;
}

/** Pictures to learn from. */
export interface TrainingSet {
  /** In the order of the source. */
  readonly pictures: readonly TrainingPicture[];
  readonly summary: TrainingSummary;
  /** SHA-256 of names, sizes and masks: a training goes on with the same data alone. */
  readonly digest: string;
}

/** What is counted while a source is read. */
export interface Tally extends LeftOut {
  cut: number;
}

/** A tally of nothing. */
export const emptyTally = (): Tally => ({
  pictures: { heldOut: 0, unread: 0, withoutMasks: 0, missing: 0 },
  masks: { crowds: 0, boxes: 0, empty: 0, unsure: 0, surplus: 0 },
  cut: 0,
});

/** Whether a picture is learnt from; others are held out. */
export type KeepPicture = (picture: { readonly name: string; readonly id: number }) => boolean;

/** Tells pictures that are held out from others. */
export interface HoldOut {
  /** Whether a picture is learnt from; remembers and counts those that are not. */
  readonly keeps: KeepPicture;
  /** Ids of those that are held out. */
  readonly ids: ReadonlySet<number>;
}

/** Holds out what `keep` does not want. */
export function holdOut(keep: KeepPicture, tally: Tally): HoldOut {
  const ids = new Set<number>();
  const keeps: KeepPicture = (picture) => {
    if (keep(picture)) return true;
    ids.add(picture.id);
    tally.pictures.heldOut++;
    return false;
  };
  return { keeps, ids };
}

/** Where the pictures of a source are. */
export interface PicturePlace {
  /** The source as given, for messages. */
  readonly source: string;
  /** The folder that names are relative to. */
  readonly folder: string;
  /** Whether pictures that are not there are left out rather than refused. */
  readonly skipMissing: boolean;
}

/**
 * The set of those pictures that have masks and a file.
 *
 * @throws {CliError} exit 3 when files are missing or not as long as they were, or none is left.
 */
export function trainingSet(
  named: readonly SourcePicture[],
  place: PicturePlace,
  tally: Tally,
): TrainingSet {
  const masked = named.filter(({ masks }) => masks.length > 0);
  tally.pictures.withoutMasks += named.length - masked.length;
  const pictures = withFiles(masked, place, tally);
  if (pictures.length === 0) throw nothingLeft(place, tally);
  return { pictures, summary: summaryOf(pictures, tally), digest: digestOf(pictures) };
}

function withFiles(
  named: readonly SourcePicture[],
  { source, folder, skipMissing }: PicturePlace,
  tally: Tally,
): TrainingPicture[] {
  const pictures: TrainingPicture[] = [];
  const [missing, changed]: [string[], string[]] = [[], []];
  for (const { bytes, ...picture } of named) {
    const path = join(folder, picture.name);
    const found = fileBytes(path);
    if (found === null) missing.push(path);
    else if (bytes !== null && bytes !== found) changed.push(path);
    else pictures.push({ ...picture, path });
  }
  if (missing.length > 0 && !skipMissing) {
    throw new CliError(
      EXIT.input,
      `${missing.length} of ${plural(named.length, "picture")} with masks ` +
        `${missing.length === 1 ? "is" : "are"} not there`,
      `${source}: the first is ${missing[0]}`,
      "say where the pictures are with --images DIR, or leave out these with --skip-missing",
    );
  }
  if (changed.length > 0) {
    throw new CliError(
      EXIT.input,
      `${plural(changed.length, "picture")} changed since the masks were made`,
      `${source}: ${shortList(changed)}`,
      "put the pictures back as they were, or make the masks again",
    );
  }
  tally.pictures.missing += missing.length;
  return pictures;
}

const shortList = (names: readonly string[]): string =>
  names.slice(0, 3).join(", ") + (names.length > 3 ? ", …" : "");

/** The length of a file; null where there is none. */
function fileBytes(path: string): number | null {
  try {
    const info = Deno.statSync(path);
    return info.isFile ? info.size : null;
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (absent) return null;
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    const what = "no permission to read a picture";
    throw new CliError(EXIT.input, what, path, "check the permissions", { cause: error });
  }
}

/** Why something is not learnt from, in words. */
export const PICTURE_REASONS = {
  heldOut: "kept for prediction",
  unread: "unreadable when the masks were made",
  withoutMasks: "without a mask",
  missing: "not there",
} as const;

const MASK_REASONS = {
  crowds: "of a crowd",
  boxes: "only a box",
  empty: "empty",
  unsure: "below the least score",
  surplus: "beyond the most of a picture",
} as const;

/** What was left out, in words: `pictures: 12 without a mask; masks: 3 of a crowd`; "" for nothing. */
export function leftOutText({ pictures, masks }: LeftOut): string {
  const parts = [
    ["pictures", counted(pictures, PICTURE_REASONS)],
    ["masks", counted(masks, MASK_REASONS)],
  ];
  return parts.filter(([, text]) => text !== "").map((part) => part.join(": ")).join("; ");
}

const counted = <Reason extends string>(
  counts: Readonly<Record<Reason, number>>,
  words: Readonly<Record<Reason, string>>,
): string =>
  (Object.keys(words) as Reason[]).filter((reason) => counts[reason] > 0)
    .map((reason) => `${counts[reason]} ${words[reason]}`).join(", ");

function nothingLeft({ source }: PicturePlace, tally: Tally): CliError {
  const { boxes, empty, unsure } = tally.masks;
  const advice = boxes > 0
    ? "give a file whose annotations have a segmentation"
    : empty > 0
    ? "check that outlines are in pixels of the pictures they name"
    : unsure > 0
    ? "lower --least-score"
    : tally.pictures.missing > 0
    ? "say where the pictures are with --images DIR"
    : "give a source with masks";
  return new CliError(
    EXIT.input,
    "no picture with a mask to learn from",
    `${source}: ${leftOutText(tally) || "it names no picture"}`,
    advice,
  );
}

function summaryOf(pictures: readonly TrainingPicture[], { cut, ...leftOut }: Tally) {
  const instances = pictures.reduce((sum, { masks }) => sum + masks.length, 0);
  const count = (is: (height: number, width: number) => boolean) =>
    pictures.filter(({ size: [height, width] }) => is(height, width)).length;
  const range = (side: typeof Math.min): readonly [number, number] => {
    const sides = pictures.map(({ size }) => side(...size));
    return [sides.reduce((a, b) => Math.min(a, b)), sides.reduce((a, b) => Math.max(a, b))];
  };
  return {
    pictures: pictures.length,
    instances,
    perPicture: instances / pictures.length,
    shapes: {
      wide: count((height, width) => width > height),
      square: count((height, width) => width === height),
      tall: count((height, width) => width < height),
    },
    shortSides: range(Math.min),
    longSides: range(Math.max),
    cut,
    leftOut,
  };
}

function digestOf(pictures: readonly TrainingPicture[]): string {
  const hash = createHash("sha256");
  for (const { name, id, size, sha256, masks } of pictures) {
    hash.update(`${JSON.stringify([name, id, size, sha256, masks])}\n`);
  }
  return hash.digest("hex");
}

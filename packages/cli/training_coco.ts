/** What COCO files give a training: the masks of annotations, or of the best results. */
import {
  CocoFormatError,
  type CocoSegmentation,
  readCocoInstances,
  readCocoResults,
} from "@fiedler/coco";
import { FormatError } from "@fiedler/io";
import { CliError, EXIT } from "./exit.ts";
import { truthAt } from "./interchange_source.ts";
import { maskText } from "./training_masks.ts";
import type { SourcePicture, Tally } from "./training_set.ts";
import type { KeepPicture, TrainingSourceOptions } from "./training_source.ts";

/** The pictures that an instances file lists, without their masks. */
export async function picturesOfFile(
  path: string,
  keep: KeepPicture,
  tally: Tally,
): Promise<SourcePicture[]> {
  const { images } = await explaining(path, () => truthAt(path));
  const pictures = images.map(({ id, file_name, height, width }): SourcePicture => ({
    name: file_name,
    id,
    size: [height, width],
    sha256: null,
    bytes: null,
    masks: [],
  }));
  const kept = pictures.filter(keep);
  tally.pictures.heldOut += pictures.length - kept.length;
  return kept;
}

/**
 * The pictures of an instances file with the masks of their objects, in the order of the file.
 * Categories are not looked at: an object is an object.
 *
 * @throws {CliError} exit 3 when it is no such file, or a mask does not fit its picture.
 */
export async function picturesOfInstances(
  path: string,
  keep: KeepPicture,
  tally: Tally,
): Promise<SourcePicture[]> {
  const known = new Set<number>();
  const pictures = await picturesOfFile(path, (picture) => {
    known.add(picture.id);
    return keep(picture);
  }, tally);
  const byId = new Map(pictures.map((picture) => [picture.id, { picture, masks: [] as string[] }]));
  await explaining(path, async () => {
    using file = await Deno.open(path);
    for await (const { kind, value } of readCocoInstances(file.readable)) {
      if (kind !== "annotation") continue;
      const { id, image_id, segmentation, iscrowd } = value;
      if (!known.has(image_id)) throw unknownPicture(path, `annotation ${id}`, image_id);
      const entry = byId.get(image_id);
      if (entry === undefined) continue; // held out
      const mask = iscrowd ? (tally.masks.crowds++, null) : maskOf(segmentation, {
        where: `${path}: annotation ${id} of ${entry.picture.name}`,
        size: entry.picture.size,
      }, tally);
      if (mask !== null) entry.masks.push(mask);
    }
  });
  return [...byId.values()].map(({ picture, masks }) => ({ ...picture, masks }));
}

/**
 * Pictures with the masks of a results file: those of a sufficient score, the best first, so many of
 * a picture at most.
 *
 * @param pictures as the file that lists them has them.
 * @param heldOut Ids of those that are left out.
 * @throws {CliError} exit 3 when it is no such file, a picture is not listed, or a mask does not fit.
 */
export async function picturesOfResults(
  path: string,
  pictures: readonly SourcePicture[],
  heldOut: ReadonlySet<number>,
  { leastScore, mostPerPicture }: Required<
    Pick<TrainingSourceOptions, "leastScore" | "mostPerPicture">
  >,
  tally: Tally,
): Promise<SourcePicture[]> {
  const byId = new Map(pictures.map((picture) => [picture.id, {
    picture,
    found: [] as { score: number; mask: string }[],
  }]));
  await explaining(path, async () => {
    using file = await Deno.open(path);
    let place = 0;
    for await (const { image_id, segmentation, score } of readCocoResults(file.readable)) {
      const entry = byId.get(image_id);
      const what = `result ${place++}`;
      if (entry === undefined && heldOut.has(image_id)) continue;
      if (entry === undefined) throw unknownPicture(path, what, image_id);
      const { picture: { name, size }, found } = entry;
      const mask = score < leastScore
        ? (tally.masks.unsure++, null)
        : maskOf(segmentation, { where: `${path}: ${what}, of ${name}`, size }, tally);
      if (mask !== null) found.push({ score, mask });
    }
  });
  return [...byId.values()].map(({ picture, found }) => {
    const best = found.toSorted((a, b) => b.score - a.score).slice(0, mostPerPicture);
    tally.masks.surplus += found.length - best.length;
    return { ...picture, masks: best.map(({ mask }) => mask) };
  });
}

/** A mask; null, and counted, where there is only a box, or no pixel. */
function maskOf(
  segmentation: CocoSegmentation | undefined,
  owner: { readonly where: string; readonly size: readonly [number, number] },
  tally: Tally,
): string | null {
  if (segmentation !== undefined) return maskText(segmentation, owner, tally);
  tally.masks.boxes++;
  return null;
}

const unknownPicture = (path: string, what: string, id: number) =>
  new CliError(
    EXIT.input,
    "a mask is of a picture that is not listed",
    `${path}: ${what} is of picture ${id}`,
    "check that the files belong together",
  );

/** Runs what reads a COCO file; what is wrong with it is an error of exit 3 that names the place. */
async function explaining<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof CocoFormatError || error instanceof FormatError)) throw error;
    throw new CliError(
      EXIT.input,
      "the file is not COCO as it is needed here",
      error.message.startsWith(path) ? error.message : `${path}: ${error.message}`,
      "correct the file; `fiedler import` makes COCO of other formats",
      { cause: error },
    );
  }
}

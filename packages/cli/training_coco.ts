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
import { type MaskOwner, maskText } from "./training_masks.ts";
import type { HoldOut, SourcePicture, Tally } from "./training_set.ts";

/**
 * The pictures that an instances file lists, without their masks.
 *
 * @throws {CliError} exit 3 when it is no such file.
 */
export async function picturesOfFile(path: string, { keeps }: HoldOut): Promise<SourcePicture[]> {
  const { images } = await explaining(path, () => truthAt(path));
  return images.map(({ id, file_name, height, width }): SourcePicture => ({
    name: file_name,
    id,
    size: [height, width],
    sha256: null,
    bytes: null,
    masks: [],
  })).filter(keeps);
}

/**
 * The pictures of an instances file with the masks of their objects, in the order of the file.
 * Categories are not looked at: an object is an object.
 *
 * @throws {CliError} exit 3 when it is no such file, or a mask does not fit its picture.
 */
export async function picturesOfInstances(
  path: string,
  held: HoldOut,
  tally: Tally,
): Promise<SourcePicture[]> {
  const pictures = await picturesOfFile(path, held);
  const byId = new Map(pictures.map((picture) => [picture.id, { picture, masks: [] as string[] }]));
  await explaining(path, async () => {
    using file = await Deno.open(path);
    for await (const { kind, value } of readCocoInstances(file.readable)) {
      if (kind !== "annotation" || held.ids.has(value.image_id)) continue;
      const { id, image_id, segmentation, iscrowd } = value;
      const entry = byId.get(image_id);
      if (entry === undefined) throw unknownPicture(path, `annotation ${id}`, image_id);
      if (iscrowd) {
        tally.masks.crowds++;
        continue;
      }
      const { picture: { name, size }, masks } = entry;
      const where = `${path}: annotation ${id} of ${name}`;
      const mask = maskOf(segmentation, { where, size }, tally);
      if (mask !== null) masks.push(mask);
    }
  });
  return [...byId.values()].map(({ picture, masks }) => ({ ...picture, masks }));
}

/** Which results are learnt from. */
export interface ResultLimits {
  /** Masks of a lower score are left out. */
  readonly leastScore: number;
  /** So many masks of a picture at most. */
  readonly mostPerPicture: number;
}

/**
 * Pictures with the masks of a results file: those of a sufficient score, the best first, so many of
 * a picture at most.
 *
 * @param pictures as what lists them has them.
 * @throws {CliError} exit 3 when it is no such file, a picture is not listed, or a mask does not fit.
 */
export async function picturesOfResults(
  path: string,
  { pictures, held }: { readonly pictures: readonly SourcePicture[]; readonly held: HoldOut },
  { leastScore, mostPerPicture }: ResultLimits,
  tally: Tally,
): Promise<SourcePicture[]> {
  const found = new Map(pictures.map((picture) => [picture.id, {
    picture,
    scored: [] as { score: number; mask: string }[],
  }]));
  await explaining(path, async () => {
    using file = await Deno.open(path);
    let place = -1;
    for await (const { image_id, segmentation, score } of readCocoResults(file.readable)) {
      place++;
      if (held.ids.has(image_id)) continue;
      const entry = found.get(image_id);
      if (entry === undefined) throw unknownPicture(path, `result ${place}`, image_id);
      if (score < leastScore) {
        tally.masks.unsure++;
        continue;
      }
      const { picture: { name, size }, scored } = entry;
      const where = `${path}: result ${place}, of ${name}`;
      const mask = maskOf(segmentation, { where, size }, tally);
      if (mask !== null) scored.push({ score, mask });
    }
  });
  return [...found.values()].map(({ picture, scored }) => {
    const best = scored.toSorted((a, b) => b.score - a.score).slice(0, mostPerPicture);
    tally.masks.surplus += scored.length - best.length;
    return { ...picture, masks: best.map(({ mask }) => mask) };
  });
}

/** A mask; null, and counted, where there is only a box, or no pixel. */
function maskOf(
  segmentation: CocoSegmentation | undefined,
  owner: MaskOwner,
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

/** What a run of `propose` or `pipeline` gives a training: its pictures, and the masks it kept. */
import { usage } from "./args.ts";
import type { PictureRecord } from "./engine.ts";
import { CliError, EXIT } from "./exit.ts";
import { expectRun, listedPictures, readRecords, readSkips } from "./run_folder.ts";
import { type MaskOwner, maskText } from "./training_masks.ts";
import type { HoldOut, SourcePicture, Tally } from "./training_set.ts";

/** The pictures of a finished run, and where it found them. */
export interface RunPictures {
  readonly base: string;
  readonly pictures: readonly SourcePicture[];
}

/**
 * Reads the pictures of a run with the masks that it kept, best first.
 *
 * @param withMasks Or the pictures alone.
 * @throws {CliError} exit 2 when there is no run, or it is not finished; 3 when its records are
 * damaged.
 */
export async function picturesOfRun(
  folder: string,
  { held, tally, withMasks }: {
    readonly held: HoldOut;
    readonly tally: Tally;
    readonly withMasks: boolean;
  },
): Promise<RunPictures> {
  const { status, inputs } = await expectRun(folder);
  if (status === "running") {
    throw usage("the run is not finished", folder, "run its command again, which goes on with it");
  }
  try {
    const bytes = new Map<string, number>();
    for await (const picture of listedPictures(folder)) bytes.set(picture.image, picture.bytes);
    const pictures: SourcePicture[] = [];
    for await (const value of readRecords(folder)) {
      const { image: name, id, size, sha256, masks } = expectRecord(value, folder);
      if (!held.keeps({ name, id })) continue;
      const texts = withMasks ? keptMasks(masks, { where: `${folder}: ${name}`, size }, tally) : [];
      pictures.push({ name, id, size, sha256, bytes: bytes.get(name) ?? null, masks: texts });
    }
    for (const { image: name, id } of await readSkips(folder)) {
      if (held.keeps({ name, id })) tally.pictures.unread++;
    }
    return { base: inputs.base, pictures };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw damaged(folder, error.message);
  }
}

function keptMasks(
  masks: PictureRecord["masks"],
  { where, size }: MaskOwner,
  tally: Tally,
): string[] {
  return masks.filter(({ dropped }) => dropped === null)
    .toSorted((a, b) => a.rank! - b.rank!)
    .flatMap(({ id, segmentation }) => {
      const owner = { where: `${where}, mask ${id}`, size };
      if (segmentation === undefined) throw damaged(owner.where, "a kept mask without its pixels");
      return maskText(segmentation, owner, tally) ?? [];
    });
}

/** A record with all that is read here. */
function expectRecord(value: PictureRecord, folder: string): PictureRecord {
  const { image, id, size, sha256, masks } = value ?? {};
  const whole = typeof image === "string" && Number.isSafeInteger(id) &&
    typeof sha256 === "string" && Array.isArray(masks) && Array.isArray(size) &&
    size.length === 2 && size.every((side) => Number.isSafeInteger(side) && side > 0);
  if (whole) return value;
  throw damaged(folder, `a record of ${JSON.stringify(image) ?? "no picture"} that is not whole`);
}

const damaged = (where: string, what: string) =>
  new CliError(
    EXIT.input,
    "the run's records are damaged",
    `${where}: ${what}`,
    "make the proposals again, with --force",
  );

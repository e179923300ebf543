import { decodeImage, ImageError, resizeImage, type RgbImage } from "@fiedler/io";
import type { SkipRecord } from "@fiedler/pipeline";
import {
  type PretrainBatch,
  pretrainBatch,
  type PretrainSettings,
  scenePicture,
} from "@fiedler/pretrain";
import { CliError, EXIT } from "./exit.ts";
import type { InputPicture } from "./inputs.ts";

/** Where a picture comes from: it is drawn, or read. */
export type PictureOf = {
  readonly scene: {
    readonly set: "mae" | "dino";
    readonly seed: number;
    readonly index: number;
    readonly size: number;
  };
} | { readonly file: PictureFile };

/** A picture on disk. */
export type PictureFile = Pick<InputPicture, "path" | "image" | "id">;

/** How all batches of a pretraining are made. */
export interface BatchSettings {
  readonly settings: PretrainSettings;
  /** Pixels of the shorter side that pictures are shrunk to. */
  readonly side: number;
  /** Pictures that a worker keeps, in bytes. */
  readonly cacheBytes: number;
}

/** A step to make the crops of. */
export interface BatchTask {
  /** From 1 on. */
  readonly step: number;
  /** Its pictures, and the index of each in the source. */
  readonly pictures: readonly { readonly index: number; readonly of: PictureOf }[];
}

/** The crops of a step. */
export interface MadeBatch {
  readonly batch: PretrainBatch;
  /** Its pictures that cannot be decoded. */
  readonly skipped: readonly SkipRecord[];
}

/**
 * Makes the crops of steps. Pictures are kept until a budget is full, and then the same ones stay:
 * each comes once an epoch, so that the one seen longest ago would be the wrong one to drop.
 */
export class BatchMaker {
  #kept = new Map<number, RgbImage>();
  #bytes = 0;

  constructor(private readonly options: BatchSettings) {}

  /**
   * The crops of a step. In the place of a picture that cannot be decoded comes the next one of the
   * step that can: what a step sees depends on its files alone.
   *
   * @throws {CliError} exit 3 when a file cannot be read, or not one picture can be decoded.
   */
  async make({ step, pictures }: BatchTask): Promise<MadeBatch> {
    const all: (RgbImage | null)[] = [];
    const skipped: SkipRecord[] = [];
    for (const { index, of } of pictures) {
      const picture = await this.#picture(index, of);
      if ("code" in picture) skipped.push(picture);
      all.push("code" in picture ? null : picture);
    }
    const batch = pretrainBatch(this.options.settings, filled(all, skipped), step);
    return { batch, skipped };
  }

  async #picture(index: number, of: PictureOf): Promise<RgbImage | SkipRecord> {
    const known = this.#kept.get(index);
    if (known !== undefined) return known;
    const read = "scene" in of ? scenePicture(of.scene.set, of.scene) : await readPicture(of.file);
    if ("code" in read) return read;
    const picture = shrunk(read, this.options.side);
    const fits = this.#bytes + picture.data.length <= this.options.cacheBytes;
    if (fits && !this.#kept.has(index)) { // another step may have read it meanwhile
      this.#bytes += picture.data.length;
      this.#kept.set(index, picture);
    }
    return picture;
  }
}

/** The pictures, with the next one, around the end, in the place of each that is missing. */
function filled(
  pictures: readonly (RgbImage | null)[],
  skipped: readonly SkipRecord[],
): RgbImage[] {
  return pictures.map((_, i) => {
    const found = [...pictures.slice(i), ...pictures.slice(0, i)].find((one) => one !== null);
    if (found) return found;
    throw noneUsable("not one picture of a step can be decoded", skipped);
  });
}

/** Nothing to learn from, and why of the first picture. */
export const noneUsable = (what: string, [{ image, reason }]: readonly SkipRecord[]) =>
  new CliError(
    EXIT.input,
    what,
    `${image}: ${reason}`,
    "repair the pictures, or give a .txt file with the paths of others",
  );

/** A picture whose shorter side is `side` at most. */
function shrunk(picture: RgbImage, side: number): RgbImage {
  const { width, height } = picture;
  const scale = side / Math.min(width, height);
  if (scale >= 1) return picture;
  const [across, down] = [width, height].map((pixels) => Math.round(scale * pixels));
  return resizeImage(picture, { width: across, height: down });
}

/** No picture of more pixels is decoded. */
export const MOST_PIXELS = 100e6;

/**
 * A picture, or why it cannot be decoded.
 *
 * @throws {CliError} exit 3 when its file cannot be read, which may be otherwise the next time.
 */
export async function readPicture(
  { path, image, id }: PictureFile,
): Promise<RgbImage | SkipRecord> {
  try {
    return await decodeImage(await Deno.readFile(path), { maxPixels: MOST_PIXELS });
  } catch (error) {
    if (error instanceof ImageError) {
      const reason = error.message.replace("raise maxPixels to decode it", "make it smaller");
      return { image, id, code: error.code, reason };
    }
    const code = (error as { code?: unknown })?.code;
    if (!(error instanceof Deno.errors.PermissionDenied) && typeof code !== "string") throw error;
    const gone = error instanceof Deno.errors.NotFound;
    throw refused(path, gone ? "the file is gone" : `${code ?? "no permission"}`, error);
  }
}

/** A file that stops the training: without it the later steps would be other ones. */
const refused = (path: string, why: string, cause: unknown) =>
  new CliError(
    EXIT.input,
    "a picture cannot be read",
    `${path}: ${why}`,
    "put the file back and run the same command again, or take it out and start anew with --force",
    { cause },
  );

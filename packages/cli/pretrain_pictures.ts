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
import { skipReason } from "./skip_reason.ts";

/** Where a picture comes from: it is drawn, or read. */
export type PictureOf = {
  readonly scene: {
    readonly set: "mae" | "dino";
    readonly seed: number;
    readonly index: number;
    readonly size: number;
  };
} | { readonly file: InputPicture };

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
    const read: (RgbImage | SkipRecord)[] = [];
    for (const { index, of } of pictures) read.push(await this.#picture(index, of));
    const skipped = read.filter((one) => "code" in one);
    if (skipped.length === read.length) {
      throw noneUsable("not one picture of a step can be decoded", skipped);
    }
    const whole = read.map((one, i) => "code" in one ? nextWhole(read, i) : one);
    return { batch: pretrainBatch(this.options.settings, whole, step), skipped };
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

/** The first whole picture behind the one at `i`, around the end; there must be one. */
const nextWhole = (read: readonly (RgbImage | SkipRecord)[], i: number): RgbImage =>
  [...read.slice(i), ...read].find((one): one is RgbImage => !("code" in one))!;

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
  { path, image, id }: InputPicture,
): Promise<RgbImage | SkipRecord> {
  try {
    return await decodeImage(await Deno.readFile(path), { maxPixels: MOST_PIXELS });
  } catch (error) {
    const { code, reason } = skipReason(error, "make it smaller");
    if (error instanceof ImageError) return { image, id, code, reason };
    throw refused(path, reason, error);
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

import { decodeImage, ImageError, resizeImage, type RgbImage } from "@fiedler/io";
import {
  type PretrainBatch,
  pretrainBatch,
  type PretrainSettings,
  scenePicture,
} from "@fiedler/pretrain";
import { CliError, EXIT } from "./exit.ts";

/** Where a picture comes from: it is drawn, or read. */
export type PictureOf = {
  readonly scene: {
    readonly set: "mae" | "dino";
    readonly seed: number;
    readonly index: number;
    readonly size: number;
  };
} | { readonly path: string };

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

/**
 * Makes the crops of steps. Pictures are kept until a budget is full, and then the same ones stay:
 * each comes once an epoch, so that the one seen longest ago would be the wrong one to drop.
 */
export class BatchMaker {
  #kept = new Map<number, RgbImage>();
  #bytes = 0;

  constructor(private readonly options: BatchSettings) {}

  /**
   * The crops of a step.
   *
   * @throws {CliError} exit 3 when a picture cannot be read.
   */
  async make({ step, pictures }: BatchTask): Promise<PretrainBatch> {
    const all: RgbImage[] = [];
    for (const { index, of } of pictures) all.push(await this.#picture(index, of));
    return pretrainBatch(this.options.settings, all, step);
  }

  async #picture(index: number, of: PictureOf): Promise<RgbImage> {
    const known = this.#kept.get(index);
    if (known !== undefined) return known;
    const picture = "scene" in of
      ? scenePicture(of.scene.set, of.scene)
      : shrunk(await readPicture(of.path), this.options.side);
    const fits = this.#bytes + picture.data.length <= this.options.cacheBytes;
    if (fits && !this.#kept.has(index)) { // another step may have read it meanwhile
      this.#bytes += picture.data.length;
      this.#kept.set(index, picture);
    }
    return picture;
  }
}

/** A picture whose shorter side is `side` at most. */
function shrunk(picture: RgbImage, side: number): RgbImage {
  const { width, height } = picture;
  const scale = side / Math.min(width, height);
  if (scale >= 1) return picture;
  const [across, down] = [width, height].map((pixels) => Math.round(scale * pixels));
  return resizeImage(picture, { width: across, height: down });
}

/** No picture of more pixels is decoded. */
const MOST_PIXELS = 100e6;

async function readPicture(path: string): Promise<RgbImage> {
  try {
    return await decodeImage(await Deno.readFile(path), { maxPixels: MOST_PIXELS });
  } catch (error) {
    const code = (error as { code?: unknown })?.code;
    if (error instanceof ImageError) throw refused(path, error.message, error);
    if (!(error instanceof Deno.errors.PermissionDenied) && typeof code !== "string") throw error;
    const gone = error instanceof Deno.errors.NotFound;
    throw refused(path, gone ? "the file is gone" : `${code ?? "no permission"}`, error);
  }
}

/** A picture that stops the training: without it the later steps would be other ones. */
const refused = (path: string, why: string, cause: unknown) =>
  new CliError(
    EXIT.input,
    "a picture cannot be read",
    `${path}: ${why}`,
    "put the file back and run the same command again, or take it out and start anew with --force",
    { cause },
  );

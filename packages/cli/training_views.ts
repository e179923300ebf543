import { decodeRle, rleFromString } from "@fiedler/coco";
import { decodeImage, ImageError, type RgbImage, sha256Hex } from "@fiedler/io";
import { type StepView, type StepViewOptions, stepViews, type TrainingView } from "@fiedler/train";
import { CliError, EXIT } from "./exit.ts";
import type { TrainingPicture } from "./training_set.ts";

/** How all steps of a training are made. */
export interface ViewTaskSettings extends Omit<StepViewOptions, "step"> {
  /** Decoded pictures that a worker keeps, in bytes. */
  readonly cacheBytes: number;
}

/** A step to make views of. */
export interface StepTask {
  readonly step: number;
  /** The pictures of the step, and the index of each in the training set. */
  readonly pictures: readonly { readonly index: number; readonly picture: TrainingPicture }[];
}

/**
 * Makes the views of steps. Decoded pictures are kept until a budget is full, and then the same ones
 * stay: each comes once an epoch, so that the one seen longest ago would be the wrong one to drop.
 */
export class ViewMaker {
  #kept = new Map<number, RgbImage>();
  #bytes = 0;

  constructor(private readonly settings: ViewTaskSettings) {}

  /**
   * The views of a step.
   *
   * @throws {CliError} exit 3 when a picture cannot be read, or is not the one that its masks were
   * made of.
   */
  async make({ step, pictures }: StepTask): Promise<StepView[]> {
    const decoded: TrainingView[] = [];
    for (const { index, picture } of pictures) {
      const { width, height, data } = await this.#pixels(index, picture);
      const instances = picture.masks.map((text) => ({
        mask: decodeRle(rleFromString(text), height, width),
        label: 0,
      }));
      decoded.push({ width, height, data, instances });
    }
    return stepViews(decoded, pictures.map(({ index }) => index), { ...this.settings, step });
  }

  async #pixels(index: number, picture: TrainingPicture): Promise<RgbImage> {
    const known = this.#kept.get(index);
    if (known !== undefined) return known;
    const image = await readPicture(picture);
    const fits = this.#bytes + image.data.length <= this.settings.cacheBytes;
    if (fits && !this.#kept.has(index)) { // another step may have read it meanwhile
      this.#bytes += image.data.length;
      this.#kept.set(index, image);
    }
    return image;
  }
}

async function readPicture(picture: TrainingPicture): Promise<RgbImage> {
  const { path, sha256, size: [height, width] } = picture;
  const bytes = await readBytes(path);
  if (sha256 !== null && await sha256Hex(bytes) !== sha256) {
    throw refused("a picture changed since its masks were made", `${path}: its hash is another`);
  }
  const image = await decoded(bytes, path, Math.max(MOST_PIXELS, height * width));
  if (image.height !== height || image.width !== width) {
    throw refused(
      "a picture is not of the size of its masks",
      `${path}: ${image.height} × ${image.width} pixels, its masks have ${height} × ${width}`,
    );
  }
  return { width, height, data: image.data };
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    const code = (error as { code?: unknown })?.code;
    if (!(error instanceof Deno.errors.PermissionDenied) && typeof code !== "string") throw error;
    const gone = error instanceof Deno.errors.NotFound;
    const why = gone ? "the file is gone" : code ?? "no permission";
    throw refused("a picture cannot be read", `${path}: ${why}`, error);
  }
}

/** No picture that is larger than its masks and this is decoded, to find that it does not fit. */
const MOST_PIXELS = 100e6;

async function decoded(bytes: Uint8Array, path: string, maxPixels: number): Promise<RgbImage> {
  try {
    return await decodeImage(bytes, { maxPixels });
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw refused("a picture cannot be read", `${path}: ${error.message}`, error);
  }
}

/** A picture that stops the training: without it the later steps would be other ones. */
const refused = (what: string, where: string, cause?: unknown) =>
  new CliError(
    EXIT.input,
    what,
    where,
    "put the file back and run the same command again, or take the picture out of the source and " +
      "start anew with --force",
    { cause },
  );

import { planSize, prepareImage, type RgbImage, sha256Hex } from "@fiedler/io";
import { MOST_PATCHES, type PreparedPicture } from "@fiedler/pipeline";
import { readPicture } from "@fiedler/web";
import type { PictureFacts } from "./studio.ts";

/** Sizes of a picture that are kept, for a slider that goes back and forth. */
const KEPT_SIZES = 8;

/** The open picture, and what was made of it for extractors. */
export class OpenPicture {
  readonly #prepared = new Map<string, PreparedPicture>();

  private constructor(
    /** Of its file. */
    readonly name: string,
    /** Upright. */
    readonly image: RgbImage,
    private readonly sha256: string,
  ) {}

  /**
   * Decodes a picture.
   *
   * @throws {ImageError} when it cannot be read.
   */
  static async open(source: Blob | ImageBitmap, name: string): Promise<OpenPicture> {
    const image = await readPicture(source);
    const sha256 = source instanceof Blob
      ? await sha256Hex(new Uint8Array(await source.arrayBuffer()))
      : ""; // pixels have no file
    return new OpenPicture(name, image, sha256);
  }

  /** What the page is told. */
  get facts(): PictureFacts {
    const { name, image: { width, height } } = this;
    return { name, width, height };
  }

  /** Whether {@linkcode prepare} has it ready. */
  isPrepared(shortSide: number, patch: number): boolean {
    return this.#prepared.has(keyOf(shortSide, patch));
  }

  /**
   * The picture as an extractor takes it; the same object for the same size.
   *
   * @param shortSide pixels of the shorter side.
   * @throws {RangeError} when the size is no positive whole number, or has too many patches.
   */
  prepare(shortSide: number, patch: number): PreparedPicture {
    const key = keyOf(shortSide, patch);
    const found = this.#prepared.get(key) ?? this.#make(`short:${shortSide}`, patch);
    this.#prepared.delete(key);
    this.#prepared.set(key, found);
    if (this.#prepared.size > KEPT_SIZES) {
      this.#prepared.delete(this.#prepared.keys().next().value!);
    }
    return found;
  }

  #make(rule: string, patch: number): PreparedPicture {
    const { name, sha256, image } = this;
    const { width, height } = image;
    const { grid: { rows, columns } } = planSize(width, height, rule, patch);
    if (rows * columns > MOST_PATCHES) { // said before so many pixels are made
      throw new RangeError(
        `${name}: ${rows} × ${columns} patches of ${patch} px, at most ${MOST_PATCHES} are ` +
          "taken; choose a smaller size",
      );
    }
    const { image: pixels, plan: { resized } } = prepareImage(image, rule, patch);
    return {
      ...{ image: name, id: 1, sha256, pixels },
      size: [height, width],
      resized: [resized.height, resized.width],
    };
  }
}

const keyOf = (shortSide: number, patch: number): string => `${shortSide} ${patch}`;

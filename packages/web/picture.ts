import { decodeImage, ImageError, type RgbImage } from "@fiedler/io";

/** Pixels as `ImageData` has them, with alpha as a fourth channel, or without one. */
export interface PixelData {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** `[height, width, 4]` or `[height, width, 3]`, 0 to 255; alpha is not premultiplied. */
  readonly data: Uint8ClampedArray | Uint8Array;
}

/** What a canvas can draw: an `ImageBitmap`, a canvas, an `<img>`. */
export interface SizedPicture {
  /** Columns; an `<img>` has its own in `naturalWidth`. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** A `<video>`: the frame that it shows. */
export interface VideoPicture {
  /** Columns of a frame. */
  readonly videoWidth: number;
  /** Rows of a frame. */
  readonly videoHeight: number;
}

/** A `VideoFrame`. */
export interface FramePicture {
  /** Columns. */
  readonly displayWidth: number;
  /** Rows. */
  readonly displayHeight: number;
}

/**
 * What a picture may come as: a file (`Blob`), `ImageData`, or anything that a canvas can draw: an
 * `ImageBitmap`, a canvas, an `<img>`, a `<video>`, a `VideoFrame`. It stays the caller's.
 */
export type PictureSource = Blob | PixelData | SizedPicture | VideoPicture | FramePicture;

/** The part of `OffscreenCanvas` that is needed: not all hosts of this module declare it. */
interface Canvas {
  getContext(kind: "2d", options: object): {
    drawImage(source: object, x: number, y: number, width: number, height: number): void;
    getImageData(x: number, y: number, width: number, height: number): PixelData;
  } | null;
}

const host = globalThis as unknown as {
  OffscreenCanvas?: new (width: number, height: number) => Canvas;
  createImageBitmap?: (blob: Blob) => Promise<SizedPicture & { close(): void }>;
};

/**
 * The pixels of a picture, upright, what is not opaque laid over white. JPEG and PNG files are
 * decoded as everywhere in Fiedler, to the same pixels; other files by the browser, if it can.
 *
 * @throws {ImageError} for a file that is no whole picture, and for a picture without pixels.
 */
export async function readPicture(source: PictureSource): Promise<RgbImage> {
  if (source instanceof Blob) return await readFile(source);
  if ("data" in source) return overWhite(source);
  const [width, height] = sizeOf(source);
  if (!(width > 0 && height > 0)) {
    throw new ImageError(
      "truncated",
      `picture: ${width} × ${height} pixels; wait until it has loaded`,
    );
  }
  return overWhite(draw(source, width, height));
}

async function readFile(blob: Blob): Promise<RgbImage> {
  try {
    return await decodeImage(new Uint8Array(await blob.arrayBuffer()));
  } catch (error) {
    const other = error instanceof ImageError &&
      (error.code === "not-an-image" || error.code === "unsupported");
    if (!other || !host.createImageBitmap) throw error;
    const bitmap = await host.createImageBitmap(blob).catch(() => {
      throw error; // ours names the format
    });
    try {
      return overWhite(draw(bitmap, bitmap.width, bitmap.height));
    } finally {
      bitmap.close();
    }
  }
}

function sizeOf(
  source: SizedPicture | VideoPicture | FramePicture,
): [width: number, height: number] {
  if ("videoWidth" in source) return [source.videoWidth, source.videoHeight];
  if ("displayWidth" in source) return [source.displayWidth, source.displayHeight];
  const { naturalWidth, naturalHeight } = source as SizedPicture & {
    readonly naturalWidth?: number; // of an <img>, whose width is that of its place in the page
    readonly naturalHeight?: number;
  };
  return [naturalWidth ?? source.width, naturalHeight ?? source.height];
}

function draw(source: object, width: number, height: number): PixelData {
  if (!host.OffscreenCanvas) {
    throw new TypeError("readPicture: this host draws no pictures; give a Blob or ImageData");
  }
  const canvas = new host.OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  if (!context) throw new TypeError("readPicture: this host has no 2D canvas");
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

function overWhite({ width, height, data: rgba }: PixelData): RgbImage {
  const pixels = width * height;
  if (rgba.length === 3 * pixels && pixels > 0) {
    return { width, height, data: Uint8Array.from(rgba) };
  }
  if (rgba.length !== 4 * pixels || pixels === 0) {
    const what = `picture: ${width} × ${height} pixels in ${rgba.length} numbers`;
    throw new ImageError("corrupt", `${what}; there must be three or four a pixel`);
  }
  const data = new Uint8Array(3 * pixels);
  for (let p = 0; p < pixels; p++) {
    const alpha = rgba[4 * p + 3];
    for (let c = 0; c < 3; c++) {
      data[3 * p + c] = Math.round((rgba[4 * p + c] * alpha + 255 * (255 - alpha)) / 255);
    }
  }
  return { width, height, data };
}

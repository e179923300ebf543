import { ImageError } from "./errors.ts";
import { applyOrientation, type Orientation, readOrientation } from "./exif.ts";
import { decodeJpeg, jpegHeader } from "./jpeg.ts";
import { decodePng, pngHeader } from "./png.ts";
import type { RgbImage } from "./rgb.ts";
import { sniffFormat } from "./sniff.ts";

/** What a file says about its picture before the pixels are decoded. */
export interface ImageHeader {
  /** By the signature, not by the file's name. */
  readonly format: "jpeg" | "png";
  /** Columns of the upright picture. */
  readonly width: number;
  /** Rows of the upright picture. */
  readonly height: number;
  /** How EXIF says the stored pixels stand; 1 where it does not say. */
  readonly orientation: Orientation;
  /** What was odd but harmless, such as an EXIF block that cannot be read. */
  readonly warnings: readonly string[];
}

/** A decoded picture and what happened on the way. */
export interface DecodedImage extends RgbImage, ImageHeader {
  /** Whether a pixel was not opaque, and so was laid over white. */
  readonly hadAlpha: boolean;
}

/** Options of {@linkcode decodeImage}. */
export interface DecodeOptions {
  /** Most pixels to decode. Default 100 million: our choice, 300 MB as RGB. */
  readonly maxPixels?: number;
}

/**
 * Reads format, size and orientation of a JPEG or PNG without decoding it.
 *
 * @param bytes The file, or a prefix that holds the frame header; a PNG's EXIF may come later.
 * @throws {ImageError} when these are not the first bytes of a JPEG or PNG that can be read.
 */
export function imageHeader(bytes: Uint8Array): ImageHeader {
  const format = sniffFormat(bytes);
  const { width, height, exif } = format === "jpeg" ? jpegHeader(bytes) : pngHeader(bytes);
  const { orientation, warnings } = orientationOf(format, exif);
  const upright = orientation >= 5 ? { width: height, height: width } : { width, height };
  return { format, ...upright, orientation, warnings };
}

function orientationOf(
  format: string,
  exif: Uint8Array | undefined,
): { orientation: Orientation; warnings: string[] } {
  try {
    return { orientation: exif && readOrientation(exif) || 1, warnings: [] };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { orientation: 1, warnings: [`${format}: EXIF ignored: ${error.message}`] };
  }
}

/**
 * Decodes a JPEG or PNG to upright 8-bit RGB: EXIF orientation is applied, grey becomes three
 * equal channels, and what is not opaque is laid over white. Bytes after the end of the picture
 * are ignored.
 *
 * A damaged file is an error, never a partly grey picture. Memory: a JPEG needs about 11 bytes a
 * pixel while it is decoded, a PNG its own samples and 3 bytes a pixel.
 *
 * @throws {ImageError} `not-an-image`, `unsupported`, `too-large` (before decoding), `truncated`
 * or `corrupt`.
 */
export async function decodeImage(
  bytes: Uint8Array,
  { maxPixels = 100e6 }: DecodeOptions = {},
): Promise<DecodedImage> {
  const header = imageHeader(bytes);
  const { format, width, height, orientation } = header;
  if (!(width * height <= maxPixels)) {
    throw new ImageError(
      "too-large",
      `${format}: ${width} × ${height} = ${width * height} pixels, the limit is ${maxPixels}; ` +
        "raise maxPixels to decode it",
    );
  }
  const decoded = await (format === "jpeg" ? decodeJpeg(bytes) : decodePng(bytes));
  return {
    ...header,
    ...applyOrientation(decoded.image, orientation),
    hadAlpha: decoded.hadAlpha,
    warnings: [...header.warnings, ...decoded.warnings],
  };
}

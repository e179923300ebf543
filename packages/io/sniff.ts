import { hasText, latin1 } from "./bytes.ts";
import { ImageError } from "./errors.ts";

const PNG = "\x89PNG\r\n\x1a\n";
const JPEG = "\xff\xd8\xff";

/** Signatures of what people send instead: `[offset, bytes, name]`. */
const OTHERS: readonly (readonly [number, string, string])[] = [
  [0, "GIF8", "GIF"],
  [8, "WEBP", "WebP"],
  [4, "ftypavif", "AVIF"],
  [4, "ftypavis", "AVIF"],
  [4, "ftyp", "HEIC (or another ISO media file)"],
  [0, "\xff\x0a", "JPEG XL"],
  [4, "JXL ", "JPEG XL"],
  [4, "jP  ", "JPEG 2000"],
  [0, "II*\0", "TIFF"],
  [0, "MM\0*", "TIFF"],
  [0, "BM", "BMP"],
  [0, "%PDF", "PDF"],
  [0, "PK\x03\x04", "zip archive"],
];

/**
 * The format of some bytes by their signature; file names are never looked at.
 *
 * @throws {ImageError} `unsupported` for images of other formats, else `not-an-image`.
 */
export function sniffFormat(bytes: Uint8Array): "jpeg" | "png" {
  if (hasText(bytes, 0, PNG)) return "png";
  if (hasText(bytes, 0, JPEG)) return "jpeg";
  if (bytes.length === 0) {
    throw new ImageError("not-an-image", "image: the file is empty (0 bytes)");
  }
  const start = latin1(bytes, 0, 8);
  if (PNG.startsWith(start) || JPEG.startsWith(start)) {
    throw new ImageError(
      "truncated",
      `image: ends after ${bytes.length} bytes, inside its signature`,
    );
  }
  const other = OTHERS.find(([offset, text]) => hasText(bytes, offset, text));
  if (other) {
    throw new ImageError(
      "unsupported",
      `image: unsupported: looks like ${other[2]}; convert it to JPEG or PNG`,
    );
  }
  throw new ImageError("not-an-image", `image: not a JPEG or PNG: ${describe(bytes)}`);
}

/** What unknown bytes look like, in a few words. */
function describe(bytes: Uint8Array): string {
  const head = bytes.subarray(0, 64);
  const printable = head.every((byte) => byte === 9 || byte === 10 || byte === 13 || byte >= 32);
  if (!printable) {
    return `starts with bytes ${Array.from(head.subarray(0, 4), hex).join(" ")}`;
  }
  const text = new TextDecoder().decode(head).trim().slice(0, 24);
  return `looks like text, starts with ${JSON.stringify(text)}`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

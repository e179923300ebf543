import startDecoder, { type MozJPEGModule } from "@jsquash/jpeg/codec/dec/mozjpeg_dec.js";
import { hasText, viewOf } from "./bytes.ts";
import { ImageError } from "./errors.ts";
import type { RgbImage } from "./rgb.ts";

const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;
const EXIF = "Exif\0\0";

/** Scans of one progressive picture; encoders write about ten, bombs write thousands. */
const MAX_SCANS = 100;

/** Frame markers (SOF) that are not read here, by what they stand for. */
const UNREAD_FRAMES = new Map([
  [0xc3, "lossless"],
  [0xc5, "hierarchical"],
  [0xc6, "hierarchical"],
  [0xc7, "hierarchical lossless"],
  [0xc9, "arithmetic-coded"],
  [0xca, "arithmetic-coded progressive"],
  [0xcb, "arithmetic-coded lossless"],
  [0xcd, "arithmetic-coded hierarchical"],
  [0xce, "arithmetic-coded hierarchical"],
  [0xcf, "arithmetic-coded hierarchical"],
]);

/** libjpeg warnings after which pixels are made up; its others are harmless. */
const DAMAGE = /premature end|bad huffman|found marker|inconsistent progression/i;

/** WebAssembly memory only grows: after a picture of more pixels the decoder is let go. */
const KEEP_PIXELS = 16e6;

interface Segment {
  readonly marker: number;
  readonly offset: number;
  readonly body: Uint8Array;
}

/** What the segments before the pixels say; sizes are as stored, before EXIF turns them. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** TIFF structure of the EXIF block. */
  readonly exif?: Uint8Array;
}

/**
 * Segments up to and with EOI. Entropy-coded data, restart markers and stray bytes lie between
 * segments and are stepped over.
 *
 * @throws {ImageError} `truncated` when there is no EOI, `corrupt` for an impossible length.
 */
function* segments(bytes: Uint8Array): Generator<Segment> {
  const view = viewOf(bytes);
  for (let at = 2;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length) {
      throw new ImageError(
        "truncated",
        `jpeg: ends after ${bytes.length} bytes without an end-of-image marker; fetch it again`,
      );
    }
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at += 1; // a fill byte
    } else if (marker <= 1 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2; // a stuffed 0xff, or a marker without a body
    } else if (marker === EOI) {
      yield { marker, offset: at, body: bytes.subarray(at + 2, at + 2) };
      return;
    } else {
      const length = at + 4 <= bytes.length ? view.getUint16(at + 2) : Infinity;
      if (length < 2) {
        throw new ImageError("corrupt", `jpeg: segment of length ${length} at byte ${at}`);
      }
      if (at + 2 + length > bytes.length) {
        throw new ImageError(
          "truncated",
          `jpeg: ends after ${bytes.length} bytes, inside the segment at byte ${at}`,
        );
      }
      yield { marker, offset: at, body: bytes.subarray(at + 4, at + 2 + length) };
      at += 2 + length;
    }
  }
}

/**
 * Reads size and EXIF from the segments before the first scan; pixels are not touched.
 *
 * @throws {ImageError} for what is not an 8-bit grey or three-channel Huffman-coded JPEG.
 */
export function jpegHeader(bytes: Uint8Array): JpegHeader {
  let exif: Uint8Array | undefined;
  for (const { marker, offset, body } of segments(bytes)) {
    if (marker === APP1 && hasText(body, 0, EXIF)) exif ??= body.subarray(EXIF.length);
    if (marker === SOS || marker === EOI) break;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { ...frameSize(marker, offset, body), exif };
  }
  throw new ImageError("corrupt", "jpeg: no frame header before the pixel data");
}

function frameSize(marker: number, offset: number, body: Uint8Array): JpegHeader {
  if (body.length < 6) {
    throw new ImageError("corrupt", `jpeg: short frame header at byte ${offset}`);
  }
  const view = viewOf(body);
  const [bits, channels] = [body[0], body[5]];
  const [height, width] = [view.getUint16(1), view.getUint16(3)];
  const unread = UNREAD_FRAMES.get(marker);
  if (unread) throw unsupported(unread);
  if (bits !== 8) throw unsupported(`${bits} bits a channel`);
  if (channels === 4) throw unsupported("CMYK");
  if (channels !== 1 && channels !== 3) throw unsupported(`${channels} channels`);
  if (width === 0) throw new ImageError("corrupt", "jpeg: width is 0");
  if (height === 0) throw unsupported("height given after the pixels (DNL)");
  return { width, height };
}

function unsupported(what: string): ImageError {
  return new ImageError("unsupported", `jpeg: ${what} is not read; convert it to 8-bit RGB`);
}

/**
 * Decodes a whole JPEG, as stored: EXIF is not applied.
 *
 * A damaged JPEG is an error even where the decoder would fill the rest with grey. Warnings that
 * do not touch pixels are returned.
 *
 * @throws {ImageError} `truncated`, `corrupt` or `unsupported`.
 */
export async function decodeJpeg(
  bytes: Uint8Array,
): Promise<{ image: RgbImage; hadAlpha: false; warnings: string[] }> {
  const { width, height } = jpegHeader(bytes);
  const whole = bytes.subarray(0, checkScans(bytes, width, height));
  const { pixels, said } = await runDecoder(whole);
  const damage = said.find((line) => DAMAGE.test(line));
  if (damage) {
    throw new ImageError(/premature/i.test(damage) ? "truncated" : "corrupt", `jpeg: ${damage}`);
  }
  if (pixels.width !== width || pixels.height !== height) {
    throw new ImageError(
      "corrupt",
      `jpeg: header says ${width} × ${height}, pixels are ${pixels.width} × ${pixels.height}`,
    );
  }
  const data = dropAlpha(pixels.data as Uint8ClampedArray);
  return { image: { width, height, data }, hadAlpha: false, warnings: said };
}

/** Checks that there are pixels, and not absurdly few bytes of them; returns the byte after EOI. */
function checkScans(bytes: Uint8Array, width: number, height: number): number {
  let scans = 0;
  let first = 0;
  let end = 0;
  for (const { marker, offset } of segments(bytes)) {
    if (marker === SOS && scans++ === 0) first = offset;
    end = offset + 2;
  }
  if (scans === 0) throw new ImageError("truncated", "jpeg: has no pixel data");
  if (scans > MAX_SCANS) {
    throw new ImageError("unsupported", `jpeg: ${scans} scans, at most ${MAX_SCANS} are read`);
  }
  // Huffman codes take a bit or more a block; a sixteenth allows for any chroma subsampling.
  const bits = Math.ceil(width / 8) * Math.ceil(height / 8) / 16;
  if (8 * (end - first) < bits) {
    throw new ImageError(
      "truncated",
      `jpeg: ${end - first} bytes of pixel data cannot hold ${width} × ${height} pixels`,
    );
  }
  return end;
}

interface Decoder {
  readonly module: MozJPEGModule;
  /** Lines libjpeg wrote since the last decode. */
  readonly said: string[];
}

let decoder: Promise<Decoder> | undefined;

/** Starts the WebAssembly decoder: some 100 ms the first time, 3 ms after. */
async function newDecoder(): Promise<Decoder> {
  const said: string[] = [];
  const options = { noInitialRun: true, printErr: (line: string) => said.push(line) };
  return { module: await startDecoder(options), said };
}

async function runDecoder(bytes: Uint8Array): Promise<{ pixels: ImageData; said: string[] }> {
  decoder ??= newDecoder();
  const current = decoder;
  try {
    const { module, said } = await current;
    said.length = 0;
    const pixels = module.decode(bytes as Uint8Array<ArrayBuffer>, false);
    if (pixels && pixels.width * pixels.height > KEEP_PIXELS) decoder = undefined;
    if (!pixels) throw new ImageError("corrupt", `jpeg: ${said.join("; ") || "cannot be decoded"}`);
    return { pixels, said: [...said] };
  } catch (cause) {
    // libjpeg leaves by exit(): the instance keeps its memory and its state, so take a new one.
    if (decoder === current) decoder = undefined;
    throw await decodeError(current, cause);
  }
}

/** The decoder throws bare Emscripten objects; the reason is in what it printed. */
async function decodeError(current: Promise<Decoder>, cause: unknown): Promise<Error> {
  if (cause instanceof ImageError) return cause;
  const said = await current.then((started) => started.said, () => undefined);
  if (!said) return new Error("jpeg: the WebAssembly decoder could not be loaded", { cause });
  return new ImageError("corrupt", `jpeg: ${said.join("; ") || "the decoder gave up"}`, { cause });
}

function dropAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array(rgba.length / 4 * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
  return rgb;
}

import { latin1, viewOf } from "./bytes.ts";
import { crc32 } from "./crc32.ts";
import { ImageError } from "./errors.ts";
import { rowPainter, unpack } from "./png_pixels.ts";
import { inflateExactly, passesOf, unfilter } from "./png_rows.ts";
import type { RgbImage, Size } from "./rgb.ts";
import { sniffFormat } from "./sniff.ts";

const SIGNATURE_BYTES = 8;

/** Channels and allowed bit depths of the colour types, W3C PNG §11.2.1. */
const COLOUR_TYPES: Readonly<Record<number, { channels: number; depths: readonly number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] }, // grey
  2: { channels: 3, depths: [8, 16] }, // RGB
  3: { channels: 1, depths: [1, 2, 4, 8] }, // palette
  4: { channels: 2, depths: [8, 16] }, // grey, alpha
  6: { channels: 4, depths: [8, 16] }, // RGB, alpha
};
const GREY = 0;
const PALETTE = 3;

interface Chunk {
  readonly type: string;
  readonly offset: number;
  readonly body: Uint8Array;
}

/** The IHDR chunk, and EXIF where there is some. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly colourType: number;
  readonly channels: number;
  readonly interlaced: boolean;
  /** TIFF structure of the eXIf chunk. */
  readonly exif?: Uint8Array;
}

/**
 * Chunks up to and with IEND, in order.
 *
 * @throws {ImageError} `truncated` when the bytes end before IEND.
 */
function* chunks(bytes: Uint8Array): Generator<Chunk> {
  const view = viewOf(bytes);
  for (let offset = SIGNATURE_BYTES;;) {
    const length = offset + 8 <= bytes.length ? view.getUint32(offset) : Infinity;
    const end = offset + 12 + length;
    if (end > bytes.length) {
      throw new ImageError(
        "truncated",
        `png: ends after ${bytes.length} bytes, inside the chunk at byte ${offset}; fetch it again`,
      );
    }
    const type = latin1(bytes, offset + 4, offset + 8);
    yield { type, offset, body: bytes.subarray(offset + 8, end - 4) };
    if (type === "IEND") return;
    offset = end;
  }
}

/**
 * Reads size, colour type and EXIF by stepping from chunk to chunk; pixels are not touched.
 *
 * @throws {ImageError} `truncated`, `corrupt` or `unsupported`.
 */
export function pngHeader(bytes: Uint8Array): PngHeader {
  const [first] = chunks(bytes);
  if (first.type !== "IHDR" || first.body.length !== 13) {
    throw new ImageError("corrupt", `png: the first chunk must be an IHDR of 13 bytes`);
  }
  checkCrc(bytes, first);
  const view = viewOf(first.body);
  const [depth, colourType, compression, filter, interlace] = first.body.subarray(8);
  const size = { width: view.getUint32(0), height: view.getUint32(4) };
  const { channels, depths } = COLOUR_TYPES[colourType] ?? { channels: 0, depths: [] };
  if (!depths.includes(depth)) {
    throw new ImageError("corrupt", `png: no such colour type and depth: ${colourType}, ${depth}`);
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    const methods = `${compression}, ${filter}, ${interlace}`;
    throw new ImageError("unsupported", `png: compression, filter, interlace ${methods}`);
  }
  if (size.width === 0 || size.height === 0) {
    throw new ImageError("corrupt", `png: size is ${size.width} × ${size.height}`);
  }
  return {
    ...size,
    depth,
    colourType,
    channels,
    interlaced: interlace === 1,
    exif: findExif(bytes),
  };
}

/** The eXIf chunk may stand behind the pixels, so a prefix of a file can lack it. */
function findExif(bytes: Uint8Array): Uint8Array | undefined {
  try {
    for (const { type, body } of chunks(bytes)) if (type === "eXIf") return body;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error; // decodeImage reports the truncation
  }
}

function checkCrc(bytes: Uint8Array, { type, offset, body }: Chunk): void {
  const stored = viewOf(bytes).getUint32(offset + 8 + body.length);
  const actual = crc32(bytes.subarray(offset + 4, offset + 8 + body.length));
  if (stored === actual) return;
  throw new ImageError(
    "corrupt",
    `png: checksum of chunk ${JSON.stringify(type)} at byte ${offset} is wrong`,
  );
}

/**
 * Decodes a PNG of any colour type and depth, interlaced or not, as stored: EXIF is not applied.
 *
 * 16-bit samples become 8-bit ones by round(v / 257), lower depths are stretched to 0 to 255, and
 * what is not opaque is laid over white. Colour profiles and gamma are ignored, as in Pillow.
 *
 * @throws {ImageError} `truncated`, `corrupt` or `unsupported`.
 */
export async function decodePng(
  bytes: Uint8Array,
): Promise<{ image: RgbImage; hadAlpha: boolean; warnings: string[] }> {
  const header = pngHeader(bytes);
  const { palette, transparency, idat, warnings } = collect(bytes, header);
  const paint = rowPainter(header, palette, transparency);
  const raw = await inflateRows(header, idat);
  const data = new Uint8Array(3 * header.width * header.height);
  let hadAlpha = false;
  for (const { line, columns, first, step } of rowsOf(header, raw)) {
    if (paint(line, columns, data, 3 * first, 3 * step)) hadAlpha = true;
  }
  return { image: { width: header.width, height: header.height, data }, hadAlpha, warnings };
}

/** A palette PNG as it is stored: label maps keep their labels so. */
export interface PngIndices extends Size {
  /** `[height, width]` row-major, the colour's place in the palette. */
  readonly data: Uint8Array;
  /** `[colours, 3]` red, green, blue. */
  readonly palette: Uint8Array;
}

/**
 * The palette indices of a palette PNG, which decoding to RGB would lose: VOC and its kin store
 * labels in them. A grey PNG of at most 8 bits counts as one whose samples are the indices; its
 * palette is empty.
 *
 * @throws {ImageError} `unsupported` for other colour types, `too-large` above `maxPixels`, else as
 *   `decodeImage`.
 *
 * @example
 * ```ts
 * import { decodePngIndices, encodePng } from "@fiedler/io";
 * import assert from "node:assert/strict";
 *
 * const palette = Uint8Array.of(0, 0, 0, 0, 0, 0); // two colours that look alike
 * const png = encodePng({ width: 2, height: 1, data: Uint8Array.of(1, 0), palette });
 * assert.deepEqual((await decodePngIndices(png)).data, Uint8Array.of(1, 0));
 * ```
 */
export async function decodePngIndices(
  bytes: Uint8Array,
  { maxPixels = 100e6 }: { readonly maxPixels?: number } = {},
): Promise<PngIndices> {
  if (sniffFormat(bytes) !== "png") {
    throw new ImageError("unsupported", "png: a label map must be a PNG, got a JPEG");
  }
  const header = pngHeader(bytes);
  const { width, height, colourType, depth } = header;
  if (colourType !== PALETTE && (colourType !== GREY || depth > 8)) {
    const kind = `colour type ${colourType} of ${depth} bits`;
    throw new ImageError("unsupported", `png: a label map must have a palette, got ${kind}`);
  }
  if (width * height > maxPixels) {
    throw new ImageError("too-large", `png: ${width} × ${height} is over ${maxPixels} pixels`);
  }
  const { palette = new Uint8Array(0), idat } = collect(bytes, header);
  const colours = colourType === PALETTE ? palette.length / 3 : 256;
  const raw = await inflateRows(header, idat);
  const data = new Uint8Array(width * height);
  for (const { line, columns, first, step } of rowsOf(header, raw)) {
    const samples = unpack(line, columns, depth);
    for (let i = 0; i < columns; i++) {
      if (samples[i] >= colours) {
        throw new ImageError("corrupt", `png: colour ${samples[i]} of a palette of ${colours}`);
      }
      data[first + i * step] = samples[i];
    }
  }
  return { width, height, data, palette };
}

/** A row of samples, and where its pixels lie in the picture. */
interface Row {
  readonly line: Uint8Array;
  readonly columns: number;
  /** Position of its first pixel. */
  readonly first: number;
  /** Distance between its pixels. */
  readonly step: number;
}

const inflateRows = (header: PngHeader, idat: readonly Uint8Array[]): Promise<Uint8Array> =>
  inflateExactly(idat, passesOf(header).reduce((sum, pass) => sum + pass.bytes, 0));

/** The rows of all passes; their filters are undone in place. */
function* rowsOf(header: PngHeader, raw: Uint8Array): Generator<Row> {
  let start = 0;
  for (const pass of passesOf(header)) {
    const lines = raw.subarray(start, start += pass.bytes);
    unfilter(lines, pass.rowBytes, Math.ceil(header.depth * header.channels / 8));
    for (let row = 0; row < pass.rows; row++) {
      const line = lines.subarray(row * (1 + pass.rowBytes) + 1, (row + 1) * (1 + pass.rowBytes));
      const first = (pass.y + row * pass.stepY) * header.width + pass.x;
      yield { line, columns: pass.columns, first, step: pass.stepX };
    }
  }
}

interface Collected {
  readonly palette?: Uint8Array;
  readonly transparency?: Uint8Array;
  readonly idat: readonly Uint8Array[];
  readonly warnings: string[];
}

/** Checks every chunk's checksum and picks those that pixels need. */
function collect(bytes: Uint8Array, { colourType }: PngHeader): Collected {
  const found = new Map<string, Uint8Array>();
  const idat: Uint8Array[] = [];
  const warnings: string[] = [];
  for (const chunk of chunks(bytes)) {
    checkCrc(bytes, chunk);
    const { type, offset, body } = chunk;
    if (type === "IDAT") idat.push(body);
    else if (["IHDR", "PLTE", "tRNS"].includes(type)) {
      if (found.has(type)) throw new ImageError("corrupt", `png: second ${type} at byte ${offset}`);
      found.set(type, body);
    } else if (type === "acTL") warnings.push("png: animated, only its still image is read");
    else if (type !== "IEND" && /^[A-Z]/.test(type)) {
      throw new ImageError("unsupported", `png: unknown critical chunk ${type} at byte ${offset}`);
    }
  }
  const palette = colourType === PALETTE ? found.get("PLTE") : undefined;
  if (colourType === PALETTE && !(palette?.length && palette.length % 3 === 0)) {
    throw new ImageError("corrupt", "png: a palette image needs a PLTE chunk of 3 bytes a colour");
  }
  return { palette, transparency: found.get("tRNS"), idat, warnings };
}

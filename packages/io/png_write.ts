import { zlibSync } from "fflate";
import { viewOf } from "./bytes.ts";
import { crc32 } from "./crc32.ts";

/** A picture to write as PNG. */
export interface PngPicture {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** `[height, width, channels]`, 8 bits each; 3 for RGB, 4 for RGBA, 1 for grey or a palette. */
  readonly data: Uint8Array;
  /** Samples a pixel. Default 3. */
  readonly channels?: 1 | 3 | 4;
  /** `[colours, 3]`, at most 256; makes `data` indices into it. */
  readonly palette?: Uint8Array;
  /** Alpha of each colour of the palette; the colours after the last are opaque. */
  readonly paletteAlpha?: Uint8Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const GREY = 0;
const RGB = 2;
const PALETTE = 3;
const RGBA = 6;

/**
 * Writes an 8-bit PNG. The same picture gives the same bytes everywhere.
 *
 * ```ts
 * import { decodeImage, encodePng } from "@fiedler/io";
 * import assert from "node:assert/strict";
 *
 * const red = { width: 1, height: 1, data: Uint8Array.of(255, 0, 0) };
 * assert.deepEqual((await decodeImage(encodePng(red))).data, red.data);
 * ```
 *
 * @throws {RangeError} when sizes, data and palette do not fit together.
 */
export function encodePng(picture: PngPicture): Uint8Array<ArrayBuffer> {
  const { width, height, palette, paletteAlpha } = picture;
  const channels = picture.channels ?? (palette ? 1 : 3);
  checkPicture(picture, channels);
  const colourType = palette ? PALETTE : { 1: GREY, 3: RGB, 4: RGBA }[channels];
  const header = new Uint8Array(13);
  viewOf(header).setUint32(0, width);
  viewOf(header).setUint32(4, height);
  header.set([8, colourType], 8); // depth and type; compression, filter and interlace stay 0
  const rows = palette ? plainRows(picture.data, width) : filteredRows(picture, channels);
  return concat([
    SIGNATURE,
    chunk("IHDR", header),
    ...(palette ? [chunk("PLTE", palette)] : []),
    ...(paletteAlpha ? [chunk("tRNS", paletteAlpha)] : []),
    chunk("IDAT", zlibSync(rows, { level: 6 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function checkPicture(picture: PngPicture, channels: number): void {
  const { width, height, data, palette, paletteAlpha } = picture;
  const fail = (what: string) => {
    throw new RangeError(`encodePng: ${what}`);
  };
  if (![width, height].every((side) => Number.isInteger(side) && side > 0 && side < 2 ** 31)) {
    fail(`width and height must be positive integers, got ${width} and ${height}`);
  }
  if (data.length !== width * height * channels) {
    const shape = `[${height}, ${width}, ${channels}]`;
    fail(`data must be ${shape}, ${width * height * channels} bytes, got ${data.length}`);
  }
  const colours = (palette?.length ?? 0) / 3;
  if (palette && (channels !== 1 || !Number.isInteger(colours) || colours < 1 || colours > 256)) {
    fail(`palette must be [1 to 256, 3] over one channel, got ${palette.length} bytes`);
  }
  if (paletteAlpha && !(paletteAlpha.length >= 1 && paletteAlpha.length <= colours)) {
    fail(`paletteAlpha must have 1 to ${colours} bytes, got ${paletteAlpha.length}`);
  }
  const wrong = palette ? data.findIndex((index) => index >= colours) : -1;
  if (wrong >= 0) fail(`pixel ${wrong} has colour ${data[wrong]} of a palette of ${colours}`);
}

/** Rows as they are, behind filter byte 0: best for palettes. */
function plainRows(data: Uint8Array, stride: number): Uint8Array {
  const rows = data.length / stride;
  const out = new Uint8Array(rows * (stride + 1));
  for (let y = 0; y < rows; y++) {
    out.set(data.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  }
  return out;
}

/** Rows as differences to the pixel above, to the left in the first row: filters 2 and 1. */
function filteredRows({ width, data }: PngPicture, channels: number): Uint8Array {
  const stride = width * channels;
  const out = plainRows(data, stride);
  for (let y = 0; y * stride < data.length; y++) {
    const back = y === 0 ? channels : stride;
    const to = y * (stride + 1) + 1;
    out[to - 1] = y === 0 ? 1 : 2;
    for (let i = y === 0 ? channels : 0; i < stride; i++) {
      out[to + i] -= data[y * stride + i - back];
    }
  }
  return out;
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + body.length);
  const view = viewOf(out);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(body, 8);
  view.setUint32(8 + body.length, crc32(out.subarray(4, 8 + body.length)));
  return out;
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

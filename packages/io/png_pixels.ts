import { viewOf } from "./bytes.ts";
import { ImageError } from "./errors.ts";

/**
 * Paints one row of samples into RGB pixels, three bytes each and `step` bytes apart.
 *
 * @returns Whether a pixel was not opaque, and so was laid over white.
 */
export type RowPainter = (
  line: Uint8Array,
  columns: number,
  out: Uint8Array,
  start: number,
  step: number,
) => boolean;

/**
 * The painter for a colour type and depth.
 *
 * @param palette Red, green, blue of each colour; only of a palette image.
 * @param transparency The tRNS chunk: one alpha a colour, or the one grey or RGB that is clear.
 * @throws {ImageError} `corrupt` when tRNS does not fit the colour type.
 */
export function rowPainter(
  { depth, channels }: { readonly depth: number; readonly channels: number },
  palette?: Uint8Array,
  transparency?: Uint8Array,
): RowPainter {
  if (depth === 8 && channels === 3 && !transparency) return copyRgb;
  const colour = palette
    ? paletteColour(palette, transparency)
    : sampledColour(depth, channels, transparency);
  const rgba = new Uint8Array(4);
  return (line, columns, out, start, step) => {
    const samples = unpack(line, columns * channels, depth);
    let clear = false;
    for (let i = 0, to = start; i < columns; i++, to += step) {
      colour(samples, i * channels, rgba);
      const alpha = rgba[3];
      if (alpha === 255) {
        out[to] = rgba[0];
        out[to + 1] = rgba[1];
        out[to + 2] = rgba[2];
      } else {
        clear = true;
        for (let c = 0; c < 3; c++) out[to + c] = overWhite(rgba[c], alpha);
      }
    }
    return clear;
  };
}

const copyRgb: RowPainter = (line, columns, out, start, step) => {
  if (step === 3) out.set(line, start);
  else {
    for (let i = 0; i < columns; i++) {
      for (let c = 0; c < 3; c++) out[start + i * step + c] = line[3 * i + c];
    }
  }
  return false;
};

/** round((level × alpha + 255 × (255 - alpha)) / 255); 255 is odd, so there are no ties. */
function overWhite(level: number, alpha: number): number {
  return Math.floor((level * alpha + 255 * (255 - alpha) + 127) / 255);
}

type Samples = Uint8Array | Uint16Array;
/** Puts the colour of the pixel whose samples start at `i` into `rgba`. */
type Colour = (samples: Samples, i: number, rgba: Uint8Array) => void;

/** Samples of a row, one a place, with their own range: 0 to 2^depth - 1. */
export function unpack(line: Uint8Array, count: number, depth: number): Samples {
  if (depth === 8) return line;
  if (depth === 16) {
    return Uint16Array.from({ length: count }, (_, i) => line[2 * i] << 8 | line[2 * i + 1]);
  }
  const perByte = 8 / depth;
  const samples = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const shift = 8 - depth * (1 + i % perByte);
    samples[i] = line[Math.floor(i / perByte)] >> shift & (1 << depth) - 1;
  }
  return samples;
}

function paletteColour(palette: Uint8Array, alphas: Uint8Array = new Uint8Array(0)): Colour {
  const colours = palette.length / 3;
  if (alphas.length > colours) {
    throw new ImageError("corrupt", `png: ${alphas.length} alphas for ${colours} colours`);
  }
  return (samples, i, rgba) => {
    const index = samples[i];
    if (index >= colours) {
      throw new ImageError("corrupt", `png: colour ${index} of a palette of ${colours}`);
    }
    for (let c = 0; c < 3; c++) rgba[c] = palette[3 * index + c];
    rgba[3] = alphas[index] ?? 255;
  };
}

function sampledColour(depth: number, channels: number, transparency?: Uint8Array): Colour {
  const colours = channels < 3 ? 1 : 3;
  const hasAlpha = channels > colours;
  const clear = transparency && clearColour(transparency, hasAlpha ? 0 : colours);
  const level = levelsOf(depth);
  return (samples, i, rgba) => {
    for (let c = 0; c < 3; c++) rgba[c] = level[samples[colours === 1 ? i : i + c]];
    if (hasAlpha) rgba[3] = level[samples[i + colours]];
    else rgba[3] = clear?.every((value, c) => value === samples[i + c]) ? 0 : 255;
  };
}

/** The one clear colour, in samples of the picture's own depth. */
function clearColour(transparency: Uint8Array, colours: number): number[] {
  if (transparency.length !== 2 * colours || colours === 0) {
    throw new ImageError("corrupt", `png: tRNS of ${transparency.length} bytes does not fit`);
  }
  const view = viewOf(transparency);
  return Array.from({ length: colours }, (_, c) => view.getUint16(2 * c));
}

/** Each sample value as a level of 0 to 255, rounded to nearest. */
function levelsOf(depth: number): Uint8Array {
  const top = 2 ** depth - 1;
  return Uint8Array.from({ length: top + 1 }, (_, value) => Math.round(value * 255 / top));
}

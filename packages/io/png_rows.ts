import { Unzlib } from "fflate";
import { ImageError } from "./errors.ts";

/** Deflate cannot do better: 258 bytes for a two-bit code, RFC 1951. */
const MAX_DEFLATE_RATIO = 1032;

/** Input is fed in slices, so that what one slice inflates to stays near 4 MiB. */
const SLICE_BYTES = 4 << 10;

/** One of the pictures an interlaced PNG is made of; else the only one. */
export interface Pass {
  /** First column and row, and the distance between columns and rows, in the whole picture. */
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly columns: number;
  readonly rows: number;
  /** Bytes of one row without its filter byte. */
  readonly rowBytes: number;
  /** Bytes of all rows with their filter bytes. */
  readonly bytes: number;
}

const WHOLE = [[0, 0, 1, 1]];
/** x, y, stepX, stepY of the seven passes, W3C PNG §8.1. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** The passes of a picture that hold at least one pixel. */
export function passesOf(
  header: {
    width: number;
    height: number;
    depth: number;
    channels: number;
    interlaced: boolean;
  },
): Pass[] {
  return (header.interlaced ? ADAM7 : WHOLE).map(([x, y, stepX, stepY]) => {
    const columns = Math.ceil((header.width - x) / stepX);
    const rows = Math.ceil((header.height - y) / stepY);
    const rowBytes = Math.ceil(columns * header.depth * header.channels / 8);
    return { x, y, stepX, stepY, columns, rows, rowBytes, bytes: rows * (1 + rowBytes) };
  }).filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/**
 * Inflates a zlib stream that must hold exactly `size` bytes. A bomb is stopped at `size`, and a
 * stream too short to hold them is refused before anything is allocated.
 *
 * @param parts The stream, cut anywhere.
 * @throws {ImageError} `truncated` or `corrupt`.
 */
export function inflateExactly(parts: readonly Uint8Array[], size: number): Uint8Array {
  const given = parts.reduce((sum, part) => sum + part.length, 0);
  if (given * MAX_DEFLATE_RATIO < size) {
    throw new ImageError(
      "truncated",
      `png: ${given} bytes cannot inflate to ${size} bytes of rows`,
    );
  }
  const out = new Uint8Array(size);
  let filled = 0;
  const stream = new Unzlib((piece) => {
    if (filled + piece.length > size) {
      throw new ImageError(
        "corrupt",
        `png: pixel data goes on after the ${size} bytes of its rows`,
      );
    }
    out.set(piece, filled);
    filled += piece.length;
  });
  try {
    for (const part of parts) {
      for (let at = 0; at < part.length; at += SLICE_BYTES) {
        stream.push(part.subarray(at, at + SLICE_BYTES));
      }
    }
    stream.push(new Uint8Array(0), true);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError("corrupt", `png: pixel data does not inflate: ${reason}`, { cause });
  }
  if (filled < size) {
    throw new ImageError("truncated", `png: rows need ${size} bytes, the pixel data has ${filled}`);
  }
  return out;
}

/**
 * Undoes the row filters in place, W3C PNG §9.2.
 *
 * @param lines Rows, each a filter byte and `rowBytes` bytes.
 * @param distance Bytes from a sample to the one left of it, 1 for several samples a byte.
 * @throws {ImageError} `corrupt` for an unknown filter.
 */
export function unfilter(lines: Uint8Array, rowBytes: number, distance: number): void {
  let above: Uint8Array = new Uint8Array(rowBytes);
  for (let start = 0; start < lines.length; start += 1 + rowBytes) {
    const line = lines.subarray(start + 1, start + 1 + rowBytes);
    unfilterRow(lines[start], line, above, distance);
    above = line;
  }
}

/** What lies left of the first pixel, or above the first row, counts as 0. */
function unfilterRow(filter: number, line: Uint8Array, above: Uint8Array, distance: number): void {
  if (filter > 4) throw new ImageError("corrupt", `png: unknown row filter ${filter}`);
  if (filter === 1) {
    for (let i = distance; i < line.length; i++) line[i] += line[i - distance];
  } else if (filter === 2) {
    for (let i = 0; i < line.length; i++) line[i] += above[i];
  } else if (filter === 3) {
    for (let i = 0; i < distance; i++) line[i] += above[i] >> 1;
    for (let i = distance; i < line.length; i++) line[i] += (line[i - distance] + above[i]) >> 1;
  } else if (filter === 4) {
    for (let i = 0; i < distance; i++) line[i] += above[i];
    for (let i = distance; i < line.length; i++) {
      line[i] += paeth(line[i - distance], above[i], above[i - distance]);
    }
  }
}

/** The neighbour nearest to left + above - corner; ties in this order. */
function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

import { ImageError } from "./errors.ts";

/** Deflate cannot do better: 258 bytes for a two-bit code, RFC 1951. */
const MAX_DEFLATE_RATIO = 1032;

/** Input is fed in slices, so that what one slice inflates to stays under 32 MiB. */
const SLICE_BYTES = 32 << 10;

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
 * The platform inflates: three times as fast as JavaScript, and it checks the Adler-32.
 *
 * @param parts The stream, cut anywhere.
 * @throws {ImageError} `truncated` or `corrupt`.
 */
export async function inflateExactly(
  parts: readonly Uint8Array[],
  size: number,
): Promise<Uint8Array> {
  const given = parts.reduce((sum, part) => sum + part.length, 0);
  if (given * MAX_DEFLATE_RATIO < size) {
    throw new ImageError(
      "truncated",
      `png: ${given} bytes cannot inflate to ${size} bytes of rows`,
    );
  }
  const out = new Uint8Array(size);
  let filled = 0;
  for await (const piece of inflated(parts)) {
    if (filled + piece.length > size) {
      throw new ImageError(
        "corrupt",
        `png: pixel data goes on after the ${size} bytes of its rows`,
      );
    }
    out.set(piece, filled);
    filled += piece.length;
  }
  if (filled < size) {
    throw new ImageError("truncated", `png: rows need ${size} bytes, the pixel data has ${filled}`);
  }
  return out;
}

/** What a zlib stream inflates to, piece by piece; leaving early stops the work. */
async function* inflated(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  const slices = slicesOf(parts);
  const reader = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const { value, done } = slices.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }).pipeThrough(new DecompressionStream("deflate")).getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError("corrupt", `png: pixel data does not inflate: ${reason}`, { cause });
  } finally {
    await reader.cancel().catch(() => {}); // already reported where it failed
  }
}

function* slicesOf(parts: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += SLICE_BYTES) {
      yield part.slice(at, at + SLICE_BYTES);
    }
  }
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

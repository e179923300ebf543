import { Inflate, inflateSync } from "fflate";
import { hasText, viewOf } from "./bytes.ts";
import { crc32 } from "./crc32.ts";
import { FormatError } from "./errors.ts";
import { quoteName } from "./quote.ts";
import { readRange } from "./read_range.ts";
import type { ByteSource } from "./source.ts";
import { failZip, LOCAL_BYTES, readZipDirectory, type ZipRecord } from "./zip_directory.ts";

/** A member of a zip file; nothing of it has been read. */
export interface ZipMember {
  /** Path inside the archive. */
  readonly name: string;
  /** Bytes, once inflated. */
  readonly size: number;
  /**
   * All its bytes; a view of the source where they are stored and the source is memory.
   *
   * @throws {FormatError} when they fail their checksum or are compressed wrongly.
   */
  read(): Promise<Uint8Array>;
  /**
   * Bytes `[offset, offset + length)`. Checked by the checksum when that is the whole member, or
   * the member is compressed.
   */
  slice(offset: number, length: number): Promise<Uint8Array>;
  /** Its first bytes: `length` of them, or fewer when it is shorter. Not checked by the checksum. */
  head(length: number): Promise<Uint8Array>;
}

const LOCAL = "PK\x03\x04";
const HAS_DESCRIPTOR = 1 << 3;
/** Compressed bytes that are inflated at once to look at the head of a member. */
const HEAD_CHUNK = 4096;

/**
 * Opens a zip file: reads its directory and checks it; folders are left out.
 *
 * @throws {FormatError} as {@linkcode readZipDirectory}.
 */
export async function openZip(source: ByteSource): Promise<ReadonlyMap<string, ZipMember>> {
  const members = new Map<string, ZipMember>();
  for (const record of await readZipDirectory(source)) {
    if (!record.name.endsWith("/")) members.set(record.name, member(source, record));
    else if (record.size !== 0) failZip(`folder ${quoteName(record.name)} holds bytes`);
  }
  return members;
}

function member(source: ByteSource, record: ZipRecord): ZipMember {
  const { name, size, packedSize, method } = record;
  const what = `zip: member ${quoteName(name)}`;
  let start: number | undefined;
  const packed = async (offset: number, length: number) => {
    start ??= await dataStart(source, record);
    return await readRange(source, start + offset, length, what);
  };
  const read = async (): Promise<Uint8Array> => {
    const bytes = await packed(0, packedSize);
    return checked(record, method === "stored" ? bytes : inflate(bytes, size, what));
  };
  const slice = async (offset: number, length: number): Promise<Uint8Array> => {
    if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
      throw new FormatError(`${what} has ${size} bytes, not ${offset} to ${offset + length}`);
    }
    if (method === "stored" && length < size) return await packed(offset, length);
    return (await read()).subarray(offset, offset + length);
  };
  const head = async (length: number): Promise<Uint8Array> => {
    if (method === "stored") return await packed(0, Math.min(length, size));
    return await inflateHead(packed, packedSize, Math.min(length, size), what);
  };
  return { name, size, read, slice, head };
}

/** Where the bytes of a member begin: behind its local header, which must repeat the directory. */
async function dataStart(source: ByteSource, record: ZipRecord): Promise<number> {
  const { name, headerAt, packedSize, limit } = record;
  const what = `zip: member ${quoteName(name)}`;
  const header = await readRange(source, headerAt, LOCAL_BYTES, what);
  const view = viewOf(header);
  if (!hasText(header, 0, LOCAL)) throw new FormatError(`${what} has no local header`);
  const nameBytes = view.getUint16(26, true);
  const start = headerAt + LOCAL_BYTES + nameBytes + view.getUint16(28, true);
  if (start + packedSize > limit) {
    throw new FormatError(`${what} reaches into what follows it: members overlap`);
  }
  const written = await readRange(source, headerAt + LOCAL_BYTES, nameBytes, what);
  const encoded = new TextEncoder().encode(name);
  const same = encoded.length === nameBytes && encoded.every((byte, i) => byte === written[i]);
  if (!same || disagrees(view, record)) {
    throw new FormatError(`${what} is described otherwise by its local header: not to be trusted`);
  }
  return start;
}

/** Sizes may stand behind the data instead (then 0 here), or in the zip64 field (then all ones). */
function disagrees(local: DataView, { method, crc, packedSize, size }: ZipRecord): boolean {
  const late = (local.getUint16(6, true) & HAS_DESCRIPTOR) !== 0;
  const differs = (at: number, value: number, escape?: number) => {
    const word = local.getUint32(at, true);
    return word !== value && word !== escape && !(late && word === 0);
  };
  return local.getUint16(8, true) !== (method === "stored" ? 0 : 8) || differs(14, crc) ||
    differs(18, packedSize, 0xffffffff) || differs(22, size, 0xffffffff);
}

function checked({ name, crc }: ZipRecord, bytes: Uint8Array): Uint8Array {
  const actual = crc32(bytes);
  if (actual === crc) return bytes;
  throw new FormatError(
    `zip: member ${quoteName(name)} has CRC-32 ${hex(actual)}, but ${hex(crc)} is declared; ` +
      "the file is damaged, fetch it again",
  );
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}

/** Inflates exactly `size` bytes. */
function inflate(packed: Uint8Array, size: number, what: string): Uint8Array {
  // fflate drops what does not fit, so one byte of room tells whether there was more.
  const room = new Uint8Array(size + 1);
  const bytes = guard(what, () => inflateSync(packed, { out: room }));
  if (bytes.length === size) return bytes;
  const more = bytes.length > size ? "more" : `only ${bytes.length}`;
  throw new FormatError(`${what} declares ${size} bytes but holds ${more}`);
}

async function inflateHead(
  packed: (offset: number, length: number) => Promise<Uint8Array>,
  packedSize: number,
  length: number,
  what: string,
): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  let filled = 0;
  const stream = new Inflate((chunk) => {
    const part = chunk.subarray(0, length - filled);
    out.set(part, filled);
    filled += part.length;
  });
  for (let at = 0; filled < length && at < packedSize; at += HEAD_CHUNK) {
    const chunk = await packed(at, Math.min(HEAD_CHUNK, packedSize - at));
    guard(what, () => stream.push(chunk, at + chunk.length === packedSize));
  }
  if (filled < length) throw new FormatError(`${what} holds fewer bytes than it declares`);
  return out;
}

/** The library's errors are ours: a member that is compressed wrongly. */
function guard<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new FormatError(`${what} is compressed wrongly; the file is damaged`, { cause });
  }
}

import { hasText, viewOf } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { quoteName } from "./quote.ts";
import { readRange } from "./read_range.ts";
import type { ByteSource } from "./source.ts";

/** A member as the central directory of a zip file describes it. */
export interface ZipRecord {
  /** Path inside the archive: relative, with `/`, without `..`. */
  readonly name: string;
  /** Whether its bytes stand as they are, or are compressed by deflate. */
  readonly method: "stored" | "deflate";
  /** CRC-32 of its bytes. */
  readonly crc: number;
  /** Bytes in the file. */
  readonly packedSize: number;
  /** Bytes once inflated. */
  readonly size: number;
  /** Where its local header stands. */
  readonly headerAt: number;
  /** Where the next member or the directory begins. */
  readonly limit: number;
}

const END = "PK\x05\x06";
const END_BYTES = 22;
const LOCATOR_64 = "PK\x06\x07";
const LOCATOR_64_BYTES = 20;
const END_64 = "PK\x06\x06";
const END_64_BYTES = 56;
const ENTRY = "PK\x01\x02";
const ENTRY_BYTES = 46;
/** Fixed part of a local header; the name and an extra field follow. */
export const LOCAL_BYTES = 30;
const EXTRA_64 = 1;
/** Says "look into the zip64 extra field". */
const SEE_64 = 0xffffffff;
const SEE_64_SHORT = 0xffff;

const ENCRYPTED = 1;
const PATCHED = 1 << 5;
const STRONGLY_ENCRYPTED = 1 << 6;
const HIDDEN = 1 << 13;

const MAX_DIRECTORY_BYTES = 64 << 20;
const MAX_MEMBERS = 200_000;
const MAX_INFLATED_BYTES = 2 ** 30; // of one member, which is inflated in memory
/** The most that deflate can hold: a match of 258 bytes in two bits. */
const MAX_RATIO = 1032;

/** Stops the reading of a zip file. */
export function failZip(what: string): never {
  throw new FormatError(`zip: ${what}`);
}

/**
 * Reads the central directory of a zip file, zip64 included, and refuses whatever two readers could
 * take differently: overlapping members, duplicate or escaping names, bytes before the first
 * member, impossible sizes. Nothing is inflated.
 *
 * Source: PKWARE's APPNOTE 6.3, §4.3 and §4.5.3.
 *
 * @throws {FormatError} naming the member and what is wrong.
 */
export async function readZipDirectory(source: ByteSource): Promise<ZipRecord[]> {
  const { offset, size, count } = await findDirectory(source);
  const bytes = await readRange(source, offset, size, "zip: directory");
  const entries: Entry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (!hasText(bytes, at, ENTRY) || at + ENTRY_BYTES > size) {
      failZip(`directory entry ${i} of ${count} is missing or damaged`);
    }
    const { entry, end } = readEntry(bytes, at);
    entries.push(entry);
    at = end;
  }
  if (at !== size) failZip(`${size - at} bytes in the directory belong to no entry`);
  checkNames(entries);
  return withLimits(entries, offset);
}

interface Directory {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

async function findDirectory(source: ByteSource): Promise<Directory> {
  const tailBytes = Math.min(source.size, END_BYTES + 0xffff);
  const tailAt = source.size - tailBytes;
  const tail = await readRange(source, tailAt, tailBytes, "zip: end");
  const at = findEnd(tail);
  const view = viewOf(tail);
  const [disk, firstDisk, here, count] = [4, 6, 8, 10].map((i) => view.getUint16(at + i, true));
  const size = view.getUint32(at + 12, true);
  const offset = view.getUint32(at + 16, true);
  const end = await readEnd64(source, tailAt + at);
  if (end) {
    const agrees = (short: number, long: number, escape: number) =>
      short === escape || short === long;
    if (
      !agrees(count, end.count, SEE_64_SHORT) || !agrees(size, end.size, SEE_64) ||
      !agrees(offset, end.offset, SEE_64)
    ) failZip("its two end records disagree");
  } else if (disk !== 0 || firstDisk !== 0 || here !== count) {
    failZip("is one part of a multi-disk archive; join the parts first");
  }
  const directory = end ?? { offset, size, count };
  if (directory.offset + directory.size !== (end?.at ?? tailAt + at)) {
    failZip(
      `directory of ${directory.size} bytes at ${directory.offset} does not end where its end ` +
        "record begins; the file is damaged, or something was put before or after the archive",
    );
  }
  checkDirectorySize(directory);
  return directory;
}

function checkDirectorySize({ size, count }: Directory): void {
  if (count === 0) failZip("holds no member");
  if (count > MAX_MEMBERS) failZip(`${count} members, at most ${MAX_MEMBERS}`);
  if (size > MAX_DIRECTORY_BYTES) {
    failZip(`directory of ${size} bytes, at most ${MAX_DIRECTORY_BYTES}`);
  }
}

/** The place in `tail` of the one end record whose comment reaches exactly to the end. */
function findEnd(tail: Uint8Array): number {
  const view = viewOf(tail);
  let found = -1;
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail[at] !== 0x50 || !hasText(tail, at, END)) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) !== tail.length) continue;
    if (found >= 0) failZip("has two end records, so two directories; which is meant?");
    found = at;
  }
  if (found >= 0) return found;
  return failZip(
    "has no directory at its end; it is cut short, or something was put behind it; fetch it again",
  );
}

async function readEnd64(
  source: ByteSource,
  endAt: number,
): Promise<Directory & { at: number } | undefined> {
  const locatorAt = endAt - LOCATOR_64_BYTES;
  if (locatorAt < END_64_BYTES) return;
  const locator = await readRange(source, locatorAt, LOCATOR_64_BYTES, "zip: locator");
  if (!hasText(locator, 0, LOCATOR_64)) return;
  const at = safe(viewOf(locator).getBigUint64(8, true), "place of the zip64 end record");
  const bytes = await readRange(source, at, END_64_BYTES, "zip: zip64 end record");
  const view = viewOf(bytes);
  const word = (i: number, what: string) => safe(view.getBigUint64(i, true), what);
  if (!hasText(bytes, 0, END_64) || at + 12 + word(4, "zip64 end record") !== locatorAt) {
    failZip("zip64 end record is damaged");
  }
  const disks = viewOf(locator).getUint32(16, true);
  const count = word(32, "number of members");
  if (
    view.getUint32(16, true) !== 0 || view.getUint32(20, true) !== 0 || disks > 1 ||
    word(24, "number of members") !== count
  ) failZip("is one part of a multi-disk archive; join the parts first");
  return { at, count, size: word(40, "directory size"), offset: word(48, "directory place") };
}

/** A 64-bit number that a double holds exactly. */
function safe(value: bigint, what: string): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : failZip(`${what} is ${value}, beyond 2^53`);
}

type Entry = Omit<ZipRecord, "limit">;

function readEntry(bytes: Uint8Array, at: number): { entry: Entry; end: number } {
  const view = viewOf(bytes);
  const nameAt = at + ENTRY_BYTES;
  const extraAt = nameAt + view.getUint16(at + 28, true);
  const commentAt = extraAt + view.getUint16(at + 30, true);
  const end = commentAt + view.getUint16(at + 32, true);
  if (end > bytes.length) failZip("a directory entry reaches beyond the directory");
  const name = readName(bytes.subarray(nameAt, extraAt));
  const fail = (what: string) => failZip(`member ${quoteName(name)} ${what}`);
  const flags = view.getUint16(at + 8, true);
  if (flags & (ENCRYPTED | STRONGLY_ENCRYPTED | HIDDEN)) {
    fail("is encrypted; save the archive without a password");
  }
  if (flags & PATCHED) fail("is a patch of another file");
  const code = view.getUint16(at + 10, true);
  if (code !== 0 && code !== 8) fail(`is compressed by method ${code}, only 0 and 8 are read`);
  const sizes = sizesOf(view, at, bytes.subarray(extraAt, commentAt), fail);
  const method = code === 0 ? "stored" : "deflate";
  checkSizes(method, sizes, fail);
  return { entry: { name, method, crc: view.getUint32(at + 16, true), ...sizes }, end };
}

type Sizes = Pick<Entry, "size" | "packedSize" | "headerAt">;

/** Sizes and place, from the zip64 extra field where the entry says so. */
function sizesOf(
  view: DataView,
  at: number,
  extra: Uint8Array,
  fail: (what: string) => never,
): Sizes {
  const long = findExtra64(extra, fail);
  let next = 0;
  const take = (short: number, escape: number, bytes: 4 | 8): number => {
    if (short !== escape) return short;
    if (long === undefined || next + bytes > long.byteLength) {
      return bytes === 4 ? short : fail("lacks its zip64 sizes");
    }
    next += bytes;
    return bytes === 4
      ? long.getUint32(next - bytes, true)
      : safe(long.getBigUint64(next - bytes, true), "size of a member");
  };
  const size = take(view.getUint32(at + 24, true), SEE_64, 8);
  const packedSize = take(view.getUint32(at + 20, true), SEE_64, 8);
  const headerAt = take(view.getUint32(at + 42, true), SEE_64, 8);
  if (take(view.getUint16(at + 34, true), SEE_64_SHORT, 4) !== 0) {
    fail("lies on another disk of a multi-disk archive");
  }
  return { size, packedSize, headerAt };
}

/** The zip64 part of an extra field; a second one is refused. */
function findExtra64(extra: Uint8Array, fail: (what: string) => never): DataView | undefined {
  const view = viewOf(extra);
  let found: DataView | undefined;
  for (let at = 0; at + 4 <= extra.length;) {
    const start = at + 4;
    const end = start + view.getUint16(at + 2, true);
    if (end > extra.length) fail("has a damaged extra field");
    if (view.getUint16(at, true) === EXTRA_64) {
      if (found) fail("has two zip64 extra fields");
      found = viewOf(extra.subarray(start, end));
    }
    at = end;
  }
  return found;
}

function checkSizes(
  method: ZipRecord["method"],
  { size, packedSize }: Sizes,
  fail: (what: string) => never,
): void {
  if (method === "stored") {
    if (size !== packedSize) fail(`is stored in ${packedSize} bytes but declares ${size}`);
    return;
  }
  if (size > packedSize * MAX_RATIO) {
    fail(`declares ${size} bytes, more than deflate can hold in ${packedSize}: a zip bomb`);
  }
  if (size > MAX_INFLATED_BYTES) {
    fail(`declares ${size} bytes, at most ${MAX_INFLATED_BYTES} are inflated; store it instead`);
  }
}

function readName(bytes: Uint8Array): string {
  let name: string;
  try {
    name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError("zip: a member's name is not UTF-8", { cause });
  }
  const bad = badName(name);
  return bad ? failZip(`member ${quoteName(name)} ${bad}`) : name;
}

/** What makes a name dangerous to those who would extract by it. */
function badName(name: string): string | undefined {
  if (name === "") return "has an empty name";
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(name)) return "has a control character in its name";
  if (name.includes("\\")) return "has a backslash in its name";
  if (name.startsWith("/")) return "has an absolute name";
  if (/^[A-Za-z]:/.test(name)) return "names a drive";
  if (name.split("/").some((part) => part === ".." || part === ".")) {
    return "has a name that leads out of the archive";
  }
}

function checkNames(entries: readonly Entry[]): void {
  const seen = new Set<string>();
  for (const { name } of entries) {
    if (seen.has(name)) failZip(`two members are named ${quoteName(name)}`);
    seen.add(name);
  }
}

/** Checks that members lie one after the other, and tells each where it must end. */
function withLimits(entries: readonly Entry[], directoryAt: number): ZipRecord[] {
  const places = entries.toSorted((a, b) => a.headerAt - b.headerAt);
  if (places[0].headerAt !== 0) {
    failZip(`${places[0].headerAt} bytes stand before the first member`);
  }
  const limits = new Map<string, number>();
  for (const [i, { name, headerAt, packedSize }] of places.entries()) {
    const next = places.at(i + 1);
    const limit = next?.headerAt ?? directoryAt;
    // The local name may differ, which is refused when it is read; so count none of it here.
    if (headerAt + LOCAL_BYTES + packedSize > limit) {
      const other = next ? `member ${quoteName(next.name)}` : "the directory";
      failZip(`member ${quoteName(name)} reaches into ${other}: members overlap or lie outside`);
    }
    limits.set(name, limit);
  }
  return entries.map((entry) => ({ ...entry, limit: limits.get(entry.name) as number }));
}

import { crc32 } from "../../packages/io/crc32.ts";
import { bytesOf, word } from "./pickle_parts.ts";

/** A member of a zip file, and the lies that are told about it. */
export interface ZipPart {
  readonly name: string;
  /** As it stands in the file. */
  readonly data: Uint8Array;
  readonly method?: number;
  /** Inflated bytes. */
  readonly size?: number;
  readonly crc?: number;
  readonly flags?: number;
  /** Where the directory says its local header is. */
  readonly headerAt?: number;
  readonly packedSize?: number;
  readonly disk?: number;
  /** Extra field of the directory's entry. */
  readonly extra?: string;
  readonly localName?: string;
  readonly localMethod?: number;
  readonly localSize?: number;
  readonly localCrc?: number;
  readonly localExtra?: string;
  /** Bytes between the data and the next header, such as a data descriptor. */
  readonly after?: string;
}

export function localHeader(part: ZipPart): string {
  const { name, data, method = 0, flags = 0, localExtra = "" } = part;
  const localName = part.localName ?? name;
  return "PK\x03\x04" + word(20, 2) + word(flags, 2) + word(part.localMethod ?? method, 2) +
    word(0, 4) + word(part.localCrc ?? part.crc ?? crc32(data), 4) + word(data.length, 4) +
    word(part.localSize ?? part.size ?? data.length, 4) + word(localName.length, 2) +
    word(localExtra.length, 2) + localName + localExtra;
}

export function directoryEntry(part: ZipPart, at: number): string {
  const { name, data, method = 0, flags = 0, extra = "" } = part;
  return "PK\x01\x02" + word(20, 2) + word(20, 2) + word(flags, 2) + word(method, 2) + word(0, 4) +
    word(part.crc ?? crc32(data), 4) + word(part.packedSize ?? data.length, 4) +
    word(part.size ?? data.length, 4) + word(name.length, 2) + word(extra.length, 2) + word(0, 2) +
    word(part.disk ?? 0, 2) + word(0, 2) + word(0, 4) + word(part.headerAt ?? at, 4) + name + extra;
}

export interface EndParts {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
  readonly comment?: string;
  readonly disk?: number;
}

export function endRecord({ count, size, offset, comment = "", disk = 0 }: EndParts): string {
  return "PK\x05\x06" + word(disk, 2) + word(disk, 2) + word(count, 2) + word(count, 2) +
    word(size, 4) + word(offset, 4) + word(comment.length, 2) + comment;
}

/** The zip64 end record and its locator. */
export function endRecord64({ count, size, offset, disk = 0 }: EndParts): string {
  return "PK\x06\x06" + word(44, 8) + word(45, 2) + word(45, 2) + word(disk, 4) + word(disk, 4) +
    word(count, 8) + word(count, 8) + word(size, 8) + word(offset, 8) +
    "PK\x06\x07" + word(0, 4) + word(offset + size, 8) + word(1, 4);
}

/** A zip file of these members; `end` changes its end record. */
export function zipOf(
  parts: readonly ZipPart[],
  end: Partial<EndParts> = {},
  zip64 = false,
): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  let directory = "";
  for (const part of parts) {
    directory += directoryEntry(part, offset);
    for (const piece of [localHeader(part), part.data, part.after ?? ""]) {
      const bytes = typeof piece === "string" ? bytesOf(piece) : new Uint8Array(piece);
      pieces.push(bytes);
      offset += bytes.length;
    }
  }
  const parts64 = { count: parts.length, size: directory.length, offset, ...end };
  const escaped = { count: 0xffff, size: 0xffffffff, offset: 0xffffffff };
  const tail = zip64 ? endRecord64(parts64) + endRecord(escaped) : endRecord(parts64);
  return concat([...pieces, bytesOf(directory + tail)]);
}

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(pieces.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** What `torch.save` writes: a pickle, its storages, the version. */
export function torchZip(
  pickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = { 0: new Uint8Array(8) },
  more: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const parts: ZipPart[] = [{ name: "x/data.pkl", data: pickle }];
  for (const [key, data] of Object.entries(storages)) parts.push({ name: `x/data/${key}`, data });
  const texts = { "x/version": "3\n", ...more };
  for (const [name, text] of Object.entries(texts)) parts.push({ name, data: bytesOf(text) });
  return zipOf(parts);
}

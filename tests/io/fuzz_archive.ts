/** Takes whole zip files apart and puts them together again, wrongly if wanted. */
import { joined } from "./fuzz_support.ts"; // first: it counts the memory of what follows
import { deflateSync, inflateSync } from "fflate";
import { crc32 } from "../../packages/io/crc32.ts";

/** A member; every byte of it may be changed. */
export interface Part {
  /** Local header, name and extra field. */
  local: Uint8Array;
  /** As it stands in the file, with the descriptor behind it if there is one. */
  data: Uint8Array;
  /** Entry of the directory: header, name, extra field, comment. */
  central: Uint8Array;
  /** The local header is said to stand so many bytes further than it does. */
  shift: number;
}

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The members of a whole file without comment, in the order of their places. */
export function takeApart(file: Uint8Array): Part[] {
  const end = viewOf(file.subarray(file.length - END_BYTES));
  const directory = end.getUint32(16, true);
  const found: { central: Uint8Array; place: number }[] = [];
  let at = directory;
  for (let i = 0; i < end.getUint16(10, true); i++) {
    const entry = viewOf(file.subarray(at));
    const [name, extra, comment] = [28, 30, 32].map((field) => entry.getUint16(field, true));
    const central = file.slice(at, at + CENTRAL_BYTES + name + extra + comment);
    found.push({ central, place: entry.getUint32(42, true) });
    at += central.length;
  }
  found.sort((a, b) => a.place - b.place);
  return found.map(({ central, place }, i) => {
    const header = viewOf(file.subarray(place));
    const start = place + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
    const limit = found.at(i + 1)?.place ?? directory;
    return { local: file.slice(place, start), data: file.slice(start, limit), central, shift: 0 };
  });
}

/** A file of these members in this order; the directory lists them in `order`. */
export function putTogether(parts: readonly Part[], order = parts): Uint8Array {
  const places = new Map<Part, number>();
  let size = 0;
  for (const part of parts) {
    places.set(part, size);
    size += part.local.length + part.data.length;
  }
  const directory = order.map((part) => {
    const central = part.central.slice();
    if (viewOf(central).getUint32(42, true) !== 0xffffffff) {
      viewOf(central).setUint32(42, (places.get(part) ?? 0) + part.shift, true);
    }
    return central;
  });
  const listed = joined(...directory);
  const end = new Uint8Array(END_BYTES);
  const view = viewOf(end);
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, order.length, true);
  view.setUint16(10, order.length, true);
  view.setUint32(12, listed.length, true);
  view.setUint32(16, size, true);
  return joined(...parts.flatMap(({ local, data }) => [local, data]), listed, end);
}

export function nameOf({ local }: Part): string {
  const length = viewOf(local).getUint16(26, true);
  return new TextDecoder().decode(local.subarray(LOCAL_BYTES, LOCAL_BYTES + length));
}

/** The same member under another name. */
export function renamed(part: Part, name: string): Part {
  const bytes = new TextEncoder().encode(name);
  const put = (header: Uint8Array, lengthAt: number, nameAt: number): Uint8Array => {
    const length = viewOf(header).getUint16(lengthAt, true);
    const out = joined(header.subarray(0, nameAt), bytes, header.subarray(nameAt + length));
    viewOf(out).setUint16(lengthAt, bytes.length, true);
    return out;
  };
  const local = put(part.local, 26, LOCAL_BYTES);
  return { ...part, local, central: put(part.central, 28, CENTRAL_BYTES) };
}

/** What a whole member holds, inflated. */
export function contents({ data, central }: Part): Uint8Array {
  const packed = data.subarray(0, viewOf(central).getUint32(20, true));
  return viewOf(central).getUint16(10, true) === 8 ? inflateSync(packed) : packed;
}

/** The same member with other contents, whose sizes and checksum are right. */
export function refilled({ local, central, shift }: Part, bytes: Uint8Array): Part {
  const data = viewOf(central).getUint16(10, true) === 8 ? deflateSync(bytes) : bytes;
  const put = (header: Uint8Array, flagsAt: number, crcAt: number): Uint8Array => {
    const out = header.slice();
    const view = viewOf(out);
    view.setUint16(flagsAt, view.getUint16(flagsAt, true) & ~8, true); // no descriptor
    view.setUint32(crcAt, crc32(bytes), true);
    view.setUint32(crcAt + 4, data.length, true);
    view.setUint32(crcAt + 8, bytes.length, true);
    return out;
  };
  return { local: put(local, 6, 14), central: put(central, 8, 16), data, shift };
}

import { FormatError } from "./errors.ts";
import { readRange } from "./read_range.ts";
import type { ByteSource } from "./source.ts";

/** How a field is written: a number of 7 bits a byte, 8 bytes, counted bytes, 4 bytes. */
export type Wire = "varint" | "fixed64" | "bytes" | "fixed32";

/** A field of a message. */
export interface Field {
  /** Its number in the schema. */
  readonly number: number;
  readonly wire: Wire;
  /** Of a varint: read as int64, rounded beyond 2^53. */
  readonly value: number;
  /** Its contents are bytes `[begin, end)` of what was walked. */
  readonly begin: number;
  readonly end: number;
}

const WIRES: readonly (Wire | undefined)[] = ["varint", "fixed64", "bytes", , , "fixed32"];
const VARINT_BYTES = 10;
/** A tag and the varint after it. */
const HEAD_BYTES = 2 * VARINT_BYTES;
/** Of one message: far above any real file, so that one of nothing but tiny fields ends early. */
const MAX_FIELDS = 5_000_000;
const MAX_FIELD_NUMBER = 2 ** 29 - 1;

/** As long as the texts and descriptions that are read whole may be. */
export const WINDOW_BYTES = 1 << 16;

/** The fields of a message that lies at bytes `[begin, end)`, whose contents are skipped. */
export async function* walkMessage(
  source: ByteSource,
  begin: number,
  end: number,
): AsyncGenerator<Field> {
  let count = 0;
  for (let at = begin; at < end;) {
    if (++count > MAX_FIELDS) {
      throw new FormatError(`protobuf: message at byte ${begin} has over ${MAX_FIELDS} fields`);
    }
    const field = fieldAt(await source.read(at, Math.min(HEAD_BYTES, end - at)), 0, at, end);
    yield field;
    at = field.end;
  }
}

/** The fields of a message in memory. */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  for (let at = 0; at < message.length;) {
    const field = fieldAt(message, at, at, message.length);
    yield field;
    at = field.end;
  }
}

/** The field whose tag is `bytes[from]` and byte `at` of a message that ends at `end`. */
function fieldAt(bytes: Uint8Array, from: number, at: number, end: number): Field {
  const tag = varintAt(bytes, from, at);
  const number = Math.floor(tag.value / 8);
  if (number < 1 || number > MAX_FIELD_NUMBER) {
    throw new FormatError(`protobuf: field number ${number} at byte ${at}`);
  }
  const wire = WIRES[tag.low & 7];
  if (!wire) throw new FormatError(`protobuf: wire type ${tag.low & 7} at byte ${at} is not read`);
  const begin = at + tag.size;
  const place = (value: number, start: number, length: number): Field => {
    if (length >= 0 && length <= end - start) {
      return { number, wire, value, begin: start, end: start + length };
    }
    throw new FormatError(
      `protobuf: field ${number} at byte ${at} has ${length} bytes, ${end - start} are left`,
    );
  };
  if (wire === "fixed32") return place(0, begin, 4);
  if (wire === "fixed64") return place(0, begin, 8);
  const { value, size } = varintAt(bytes, from + tag.size, begin);
  return wire === "varint" ? place(value, begin, size) : place(0, begin + size, value);
}

/** 64 bits in two halves, as one number, and the bytes that they took. */
interface Varint {
  readonly low: number;
  readonly high: number;
  readonly value: number;
  readonly size: number;
}

/** Reads the varint at `bytes[from]`; `at` is its place for the message of an error. */
function varintAt(bytes: Uint8Array, from: number, at: number): Varint {
  let [low, high] = [0, 0];
  for (let i = 0; i < VARINT_BYTES && from + i < bytes.length; i++) {
    const byte = bytes[from + i];
    const bits = byte & 127;
    if (i < 4) low |= bits << 7 * i;
    else if (i === 4) [low, high] = [low | bits << 28, bits >> 4];
    else high |= bits << 7 * i - 32;
    if (byte > 127) continue;
    if (i === 9 && bits > 1) break; // more than 64 bits
    return { low: low >>> 0, high: high | 0, value: high * 2 ** 32 + (low >>> 0), size: i + 1 };
  }
  throw new FormatError(`protobuf: number at byte ${at} is cut off or longer than 64 bits`);
}

/** Calls back with the low and high 32 bits of each varint that stands in a row; high is signed. */
export function eachVarint(bytes: Uint8Array, take: (low: number, high: number) => void): void {
  for (let at = 0; at < bytes.length;) {
    const { low, high, size } = varintAt(bytes, at, at);
    take(low, high);
    at += size;
  }
}

/**
 * Reads ahead, so that walking many small fields asks the source seldom. Its reads are of at most
 * {@linkcode WINDOW_BYTES}.
 */
export function readAhead(source: ByteSource): ByteSource {
  let start = 0;
  let window = new Uint8Array(0) as Uint8Array;
  return {
    size: source.size,
    read: async (offset, length) => {
      if (offset < start || offset + length > start + window.length) {
        const size = Math.min(WINDOW_BYTES, source.size - offset);
        window = await readRange(source, offset, size, "protobuf");
        start = offset;
      }
      return window.subarray(offset - start, offset - start + length);
    },
  };
}

/** Refuses a field that stands twice, since readers differ on which counts. */
export function once(seen: Set<number>, { number, begin }: Field): void {
  if (seen.has(number)) throw new FormatError(`protobuf: field ${number} again at byte ${begin}`);
  seen.add(number);
}

/** The field, if it is written so. */
export function expectWire(field: Field, wire: Wire): Field {
  if (field.wire === wire) return field;
  const { number, begin } = field;
  throw new FormatError(
    `protobuf: field ${number} at byte ${begin} must be ${wire}, got ${field.wire}`,
  );
}

/** The number of a varint field. */
export function numberOf(field: Field): number {
  return expectWire(field, "varint").value;
}

/** The contents of a text or message, at most {@linkcode WINDOW_BYTES}. */
export function contentsOf(source: ByteSource, field: Field): Promise<Uint8Array> {
  const { number, begin, end } = expectWire(field, "bytes");
  if (end - begin <= WINDOW_BYTES) return source.read(begin, end - begin);
  throw new FormatError(
    `protobuf: field ${number} at byte ${begin} has ${end - begin} bytes, at most ${WINDOW_BYTES}`,
  );
}

/** The text of a field. */
export async function textOf(source: ByteSource, field: Field): Promise<string> {
  return decode(await contentsOf(source, field), field);
}

/** The text of a field of a message in memory. */
export function textIn(message: Uint8Array, field: Field): string {
  const { begin, end } = expectWire(field, "bytes");
  return decode(message.subarray(begin, end), field);
}

function decode(bytes: Uint8Array, { number, begin }: Field): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`protobuf: field ${number} at byte ${begin} is not UTF-8`, { cause });
  }
}

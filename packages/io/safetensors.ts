import { viewOf } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { bfloatToFloat, halfToFloat } from "./half.ts";
import { type Json, parseStrictJson } from "./strict_json.ts";

/** Element types, as the format spells them. */
export type SafetensorsDtype =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "F8_E4M3"
  | "F8_E5M2"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

/** A tensor of a safetensors file. */
export interface SafeTensor {
  /** Element type. */
  readonly dtype: SafetensorsDtype;
  /** Slowest dimension first; `[]` for one value. */
  readonly shape: readonly number[];
  /** Little-endian elements; after reading a view of the file, not a copy. */
  readonly data: Uint8Array;
}

/** The contents of a safetensors file. */
export interface Safetensors {
  /** The `__metadata__` of the header. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, SafeTensor>;
}

const ITEM_BYTES: Readonly<Record<SafetensorsDtype, number>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

const LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 100e6; // the reference implementation's limit
const METADATA = "__metadata__";
/** Root, tensor, shape. */
const MAX_DEPTH = 3;

/**
 * Reads a safetensors file as strictly as its audited reference implementation and more so: every
 * byte of the data belongs to exactly one tensor, and no key stands twice.
 *
 * @throws {FormatError} naming the tensor and what is wrong with it.
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  const { header, data } = splitHeader(bytes);
  const metadata = readMetadata(header.get(METADATA));
  const tensors = new Map<string, SafeTensor>();
  const spans: Span[] = [];
  for (const [name, entry] of header) {
    if (name === METADATA) continue;
    const { dtype, shape, begin, end } = readEntry(name, entry, data.length);
    tensors.set(name, { dtype, shape, data: data.subarray(begin, end) });
    spans.push({ name, begin, end });
  }
  checkCoverage(spans, data.length);
  return { metadata, tensors };
}

function splitHeader(bytes: Uint8Array): { header: Map<string, Json>; data: Uint8Array } {
  if (bytes.length < LENGTH_BYTES) {
    throw new FormatError(`safetensors: ${bytes.length} bytes, too short for a header length`);
  }
  const length = Number(viewOf(bytes).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) {
    throw new FormatError(
      `safetensors: header of ${length} bytes, at most ${MAX_HEADER_BYTES}; is it safetensors?`,
    );
  }
  const start = LENGTH_BYTES + length;
  if (start > bytes.length) {
    throw new FormatError(
      `safetensors: header ends at byte ${start} but the file has ${bytes.length} bytes`,
    );
  }
  const text = decodeUtf8(bytes.subarray(LENGTH_BYTES, start));
  if (text[0] !== "{") throw new FormatError("safetensors: header does not start with {");
  const header = parseStrictJson(text, "safetensors: header", MAX_DEPTH);
  if (!(header instanceof Map)) throw new FormatError("safetensors: header is not an object");
  return { header, data: bytes.subarray(start) };
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError("safetensors: header is not UTF-8", { cause });
  }
}

function readMetadata(entry: Json | undefined): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  if (entry === undefined) return metadata;
  if (!(entry instanceof Map)) throw new FormatError(`safetensors: ${METADATA} is not an object`);
  for (const [key, value] of entry) {
    if (typeof value !== "string") {
      throw new FormatError(`safetensors: ${METADATA} ${JSON.stringify(key)} is not a string`);
    }
    metadata[key] = value;
  }
  return metadata;
}

interface Span {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

interface Entry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(name: string, entry: Json, dataBytes: number): Entry {
  const fail = (what: string): never => {
    throw new FormatError(`safetensors: tensor ${JSON.stringify(name)} ${what}`);
  };
  if (!(entry instanceof Map)) return fail("is not an object");
  for (const key of entry.keys()) {
    if (!["dtype", "shape", "data_offsets"].includes(key)) fail(`has unknown key ${key}`);
  }
  const dtype = entry.get("dtype");
  if (!isDtype(dtype)) return fail(`has unknown dtype ${JSON.stringify(dtype)}`);
  const shape = entry.get("shape");
  if (!isSizes(shape)) return fail("has a shape that is not a list of whole numbers");
  const offsets = entry.get("data_offsets");
  if (!isSizes(offsets) || offsets.length !== 2) {
    return fail("has data_offsets that are not two whole numbers");
  }
  const [begin, end] = offsets;
  if (begin > end) fail(`begins at byte ${begin}, after its end ${end}`);
  if (end > dataBytes) fail(`ends at byte ${end} but the data area has ${dataBytes} bytes`);
  const size = byteSize(dtype, shape);
  if (!Number.isSafeInteger(size)) fail(`has shape [${shape}], too large to count`);
  if (size !== end - begin) {
    fail(`is ${dtype} [${shape}], ${size} bytes, but owns ${end - begin}`);
  }
  return { dtype, shape, begin, end };
}

function isDtype(value: Json | undefined): value is SafetensorsDtype {
  return typeof value === "string" && Object.hasOwn(ITEM_BYTES, value);
}

function isSizes(value: Json | undefined): value is number[] {
  return Array.isArray(value) &&
    value.every((item) => typeof item === "number" && item >= 0);
}

/** Not a safe integer when a partial product overflows, even if a later size is 0. */
function byteSize(dtype: SafetensorsDtype, shape: readonly number[]): number {
  let size = ITEM_BYTES[dtype];
  for (const length of shape) {
    size *= length;
    if (!Number.isSafeInteger(size)) return NaN;
  }
  return size;
}

/** Sorted by place, each tensor must begin where the one before ends. */
function checkCoverage(spans: readonly Span[], dataBytes: number): void {
  let previous: Span = { name: "", begin: 0, end: 0 };
  for (const span of spans.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (span.begin !== previous.end) {
      const what = span.begin < previous.end ? "overlap" : "leave a hole between them";
      const names = `${JSON.stringify(previous.name)} and ${JSON.stringify(span.name)}`;
      throw new FormatError(
        `safetensors: tensors ${names} ${what}: bytes ${previous.end} and ${span.begin}`,
      );
    }
    previous = span;
  }
  if (previous.end !== dataBytes) {
    throw new FormatError(
      `safetensors: tensors end at byte ${previous.end} but the data area has ${dataBytes} bytes`,
    );
  }
}

/**
 * Values of a floating-point tensor as f32, always a fresh array. F16 and BF16 are exact; F64 is
 * rounded to nearest.
 *
 * @throws {FormatError} for other dtypes, a size that does not fit, and an F64 beyond f32's range.
 */
export function tensorToF32({ dtype, shape, data }: SafeTensor): Float32Array<ArrayBuffer> {
  if (byteSize(dtype, shape) !== data.length) {
    throw new FormatError(`safetensors: ${dtype} [${shape}] does not fit ${data.length} bytes`);
  }
  const { buffer } = new Uint8Array(data); // a copy, aligned for every dtype
  if (dtype === "F32") return new Float32Array(buffer);
  if (dtype === "F16") return halfToFloat(new Uint16Array(buffer));
  if (dtype === "BF16") return bfloatToFloat(new Uint16Array(buffer));
  if (dtype !== "F64") {
    throw new FormatError(`safetensors: ${dtype} is not read as f32, only F16, BF16, F32 and F64`);
  }
  const exact = new Float64Array(buffer);
  const values = new Float32Array(exact);
  const lost = exact.findIndex((value, i) => Number.isFinite(value) && !Number.isFinite(values[i]));
  if (lost < 0) return values;
  throw new FormatError(`safetensors: value ${lost}, ${exact[lost]}, is beyond the range of f32`);
}

/**
 * Writes a safetensors file. Tensors stand by falling element size, then by name, so that each is
 * aligned; the same contents give the same bytes, whatever their order.
 *
 * ```ts
 * import { readSafetensors, writeSafetensors } from "@fiedler/io";
 * import assert from "node:assert/strict";
 *
 * const mask = { dtype: "U8", shape: [2, 2], data: Uint8Array.of(0, 1, 1, 0) } as const;
 * const file = writeSafetensors(new Map([["mask", mask]]), { made: "by hand" });
 * assert.deepEqual(readSafetensors(file).tensors.get("mask"), mask);
 * ```
 *
 * @throws {FormatError} when a name is reserved or a tensor's size, dtype and shape disagree.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].sort(([a, { dtype: p }], [b, { dtype: q }]) =>
    ITEM_BYTES[q] - ITEM_BYTES[p] || (a < b ? -1 : 1)
  );
  const entries: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    const pairs = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    entries.push(`"${METADATA}":{${pairs}}`);
  }
  let dataBytes = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    if (name === METADATA || byteSize(dtype, shape) !== data.length) {
      const what = `${dtype} [${shape}] with ${data.length} bytes`;
      throw new FormatError(`safetensors: cannot write ${JSON.stringify(name)}, ${what}`);
    }
    const offsets = `[${dataBytes},${dataBytes += data.length}]`;
    const rest = `{"dtype":"${dtype}","shape":[${shape}],"data_offsets":${offsets}}`;
    entries.push(`${JSON.stringify(name)}:${rest}`);
  }
  const header = new TextEncoder().encode(`{${entries}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  const out = new Uint8Array(LENGTH_BYTES + headerBytes + dataBytes);
  viewOf(out).setBigUint64(0, BigInt(headerBytes), true);
  out.set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerBytes;
  out.fill(0x20, LENGTH_BYTES + header.length, at);
  for (const [, { data }] of sorted) {
    out.set(data, at);
    at += data.length;
  }
  return out;
}

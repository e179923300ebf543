import { viewOf } from "./bytes.ts";
import { byteSize, ITEM_BYTES } from "./elements.ts";
import { FormatError } from "./errors.ts";
import { type Json, parseStrictJson } from "./strict_json.ts";
import type { TensorDtype } from "./tensor_file.ts";

/** Bytes before the header, which hold its length. */
export const LENGTH_BYTES = 8;
export const MAX_HEADER_BYTES = 100e6; // the reference implementation's limit
export const METADATA = "__metadata__";
/** Root, tensor, shape. */
const MAX_DEPTH = 3;

/** What the header says of a tensor: its elements are bytes `[begin, end)` of the data area. */
export interface Placed {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A header that was checked against the size of its file. */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, Placed>;
}

/**
 * First byte of the data area.
 *
 * @param bytes The file, or its first {@linkcode LENGTH_BYTES}.
 * @param fileBytes Bytes of the whole file.
 */
export function dataStart(bytes: Uint8Array, fileBytes: number): number {
  if (fileBytes < LENGTH_BYTES) {
    throw new FormatError(`safetensors: ${fileBytes} bytes, too short for a header length`);
  }
  const length = Number(viewOf(bytes).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) {
    throw new FormatError(
      `safetensors: header of ${length} bytes, at most ${MAX_HEADER_BYTES}; is it safetensors?`,
    );
  }
  const start = LENGTH_BYTES + length;
  if (start > fileBytes) {
    throw new FormatError(
      `safetensors: header ends at byte ${start} but the file has ${fileBytes} bytes`,
    );
  }
  return start;
}

/**
 * Reads a header as strictly as the audited reference implementation and more so: every byte of the
 * data belongs to exactly one tensor, and no key stands twice.
 *
 * @param bytes The header alone.
 * @param dataBytes Bytes that follow it.
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number): SafetensorsHeader {
  const text = decodeUtf8(bytes);
  if (text[0] !== "{") throw new FormatError("safetensors: header does not start with {");
  const header = parseStrictJson(text, "safetensors: header", MAX_DEPTH);
  if (!(header instanceof Map)) throw new FormatError("safetensors: header is not an object");
  const tensors = new Map<string, Placed>();
  for (const [name, entry] of header) {
    if (name !== METADATA) tensors.set(name, readEntry(name, entry, dataBytes));
  }
  checkCoverage(tensors, dataBytes);
  return { metadata: readMetadata(header.get(METADATA)), tensors };
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

function readEntry(name: string, entry: Json, dataBytes: number): Placed {
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

function isDtype(value: Json | undefined): value is TensorDtype {
  return typeof value === "string" && Object.hasOwn(ITEM_BYTES, value);
}

function isSizes(value: Json | undefined): value is number[] {
  return Array.isArray(value) &&
    value.every((item) => typeof item === "number" && item >= 0);
}

/** Sorted by place, each tensor must begin where the one before ends. */
function checkCoverage(tensors: ReadonlyMap<string, Placed>, dataBytes: number): void {
  let [previous, at] = ["", 0];
  const sorted = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, { begin, end }] of sorted) {
    if (begin !== at) {
      const what = begin < at ? "overlap" : "leave a hole between them";
      const names = `${JSON.stringify(previous)} and ${JSON.stringify(name)}`;
      throw new FormatError(`safetensors: tensors ${names} ${what}: bytes ${at} and ${begin}`);
    }
    [previous, at] = [name, end];
  }
  if (at !== dataBytes) {
    throw new FormatError(
      `safetensors: tensors end at byte ${at} but the data area has ${dataBytes} bytes`,
    );
  }
}

import { byteSize, ITEM_BYTES } from "./elements.ts";
import { FormatError } from "./errors.ts";
import {
  contentsOf,
  eachVarint,
  expectWire,
  type Field,
  fieldsOf,
  numberOf,
  once,
  textIn,
  textOf,
  walkMessage,
  type Wire,
} from "./protobuf.ts";
import { readRange } from "./read_range.ts";
import type { ByteSource } from "./source.ts";
import type { TensorDtype, TensorEntry } from "./tensor_file.ts";

/** Element types by their number in ONNX's `TensorProto.DataType`. */
export const ONNX_DTYPES: readonly (TensorDtype | undefined)[] = [
  ...[, "F32", "U8", "I8", "U16", "I16", "I32", "I64", , "BOOL", "F16", "F64", "U32", "U64"],
  ...[, , "BF16", "F8_E4M3", , "F8_E5M2"],
] as (TensorDtype | undefined)[];

/** Fields of `TensorProto` that hold elements of some types, one list each. */
const TYPED: Readonly<Record<number, { wire: Wire; dtypes: readonly TensorDtype[] }>> = {
  4: { wire: "fixed32", dtypes: ["F32"] },
  5: {
    wire: "varint",
    dtypes: ["I32", "I16", "I8", "U16", "U8", "BOOL", "F16", "BF16", "F8_E4M3", "F8_E5M2"],
  },
  7: { wire: "varint", dtypes: ["I64"] },
  10: { wire: "fixed64", dtypes: ["F64"] },
  11: { wire: "varint", dtypes: ["U64", "U32"] },
};
const MAX_RANK = 64;
const EXTERNAL = 1;

/** A tensor whose type has no counterpart here. */
export interface UnreadTensor {
  readonly name: string;
  /** Number in `TensorProto.DataType`. */
  readonly type: number;
  readonly shape: readonly number[];
}

/** What a `TensorProto` says before its elements are read. */
interface Description {
  name?: string;
  type?: number;
  location?: number;
  file?: string;
  raw?: Field;
  readonly shape: number[];
  /** Field of the typed list, and its bytes. */
  typed?: { readonly number: number; bytes: number };
}

/**
 * Reads what a `TensorProto` at bytes `[begin, end)` says of itself; the elements are left.
 *
 * @param ahead The same file, read ahead.
 */
export async function openOnnxTensor(
  source: ByteSource,
  ahead: ByteSource,
  { begin, end }: Field,
): Promise<TensorEntry | UnreadTensor> {
  const found = await describe(ahead, begin, end);
  const { name, type = 0, shape } = found;
  if (!name) throw new FormatError(`onnx: initializer at byte ${begin} has no name`);
  const dtype = ONNX_DTYPES[type];
  if (!dtype) return { name, type, shape };
  const where = `onnx: initializer ${JSON.stringify(name)}`;
  const size = byteSize(dtype, shape);
  if (Number.isNaN(size)) throw new FormatError(`${where} has shape [${shape}], too large`);
  if (found.location === EXTERNAL) {
    const read = () => Promise.reject(elsewhere(where, found.file));
    return { name, dtype, shape, read };
  }
  checkSize(where, dtype, size, found);
  const { raw, typed } = found;
  if (raw) return { name, dtype, shape, read: () => readRange(source, raw.begin, size, where) };
  const read = async () => {
    if (!typed) return new Uint8Array(0);
    const message = await readRange(source, begin, end - begin, where);
    return readTyped(where, message, typed.number, dtype, size);
  };
  return { name, dtype, shape, read };
}

function elsewhere(where: string, file: string | undefined): FormatError {
  return new FormatError(
    `${where} lies in another file, ${JSON.stringify(file ?? "")}, which is not read; save the ` +
      "model with its data inside",
  );
}

async function describe(source: ByteSource, begin: number, end: number): Promise<Description> {
  const found: Description = { shape: [] };
  const seen = new Set<number>();
  for await (const field of walkMessage(source, begin, end)) {
    const { number, wire } = field;
    if ([2, 3, 8, 9, 14].includes(number)) once(seen, field);
    if (number === 1) await addSizes(source, field, found.shape);
    else if (number === 2) found.type = numberOf(field);
    else if (number === 3) throw new FormatError(`onnx: tensor at byte ${begin} is a segment`);
    else if (number === 8) found.name = await textOf(source, field);
    else if (number === 9) found.raw = expectWire(field, "bytes");
    else if (number === 13) found.file ??= await locationOf(source, field);
    else if (number === 14) found.location = numberOf(field);
    else if (Object.hasOwn(TYPED, number)) {
      if (wire !== TYPED[number].wire) expectWire(field, "bytes");
      found.typed ??= { number, bytes: 0 };
      if (found.typed.number !== number) {
        throw new FormatError(`onnx: tensor at byte ${begin} has two lists of elements`);
      }
      found.typed.bytes += field.end - field.begin;
    }
  }
  return found;
}

async function addSizes(source: ByteSource, field: Field, shape: number[]): Promise<void> {
  const add = (size: number) => {
    if (!(Number.isSafeInteger(size) && size >= 0) || shape.length === MAX_RANK) {
      const why = `size ${size}, dimension ${shape.length} of at most ${MAX_RANK}`;
      throw new FormatError(`onnx: tensor with ${why} at byte ${field.begin}`);
    }
    shape.push(size);
  };
  if (field.wire === "varint") return add(field.value);
  const bytes = await contentsOf(source, field);
  eachVarint(bytes, (low, high) => add(high * 2 ** 32 + low));
}

/** The elements must stand in one place, which fits the type, and be as many as the shape says. */
function checkSize(
  where: string,
  dtype: TensorDtype,
  size: number,
  { shape, raw, typed }: Description,
): void {
  const fail = (what: string): never => {
    throw new FormatError(`${where} is ${dtype} [${shape}], ${size} bytes, but ${what}`);
  };
  if (raw && typed) fail(`has both raw_data and field ${typed.number}`);
  if (raw && raw.end - raw.begin !== size) fail(`has ${raw.end - raw.begin} bytes of raw_data`);
  if (raw) return;
  if (!typed) return size > 0 ? fail("has no elements") : undefined;
  const { wire, dtypes } = TYPED[typed.number];
  if (!dtypes.includes(dtype)) fail(`has its elements in field ${typed.number}`);
  // A varint has 1 to 10 bytes; the exact count shows when they are read.
  const fits = wire === "varint" ? size / ITEM_BYTES[dtype] <= typed.bytes : typed.bytes === size;
  if (!fits) fail(`has ${typed.bytes} bytes in field ${typed.number}`);
}

/** Gathers a typed list, packed or not, from its `TensorProto`. */
function readTyped(
  where: string,
  message: Uint8Array,
  number: number,
  dtype: TensorDtype,
  size: number,
): Uint8Array {
  const out = new Uint8Array(size);
  const itemBytes = ITEM_BYTES[dtype];
  const varints = TYPED[number].wire === "varint";
  let at = 0;
  const put = (low: number, high: number) => {
    if (at < size) putVarint(out, at, where, dtype, low, high);
    at += itemBytes;
  };
  for (const field of fieldsOf(message)) {
    if (field.number !== number) continue;
    const bytes = message.subarray(field.begin, field.end);
    if (varints) eachVarint(bytes, put);
    else if (bytes.length % itemBytes === 0) out.set(bytes, (at += bytes.length) - bytes.length);
    else throw new FormatError(`${where} has part of an element in field ${number}`);
  }
  if (at === size) return out;
  throw new FormatError(`${where} has ${at / itemBytes} elements for ${size / itemBytes}`);
}

/** Writes the low bytes of a varint that must lie in the range of its type. */
function putVarint(
  out: Uint8Array,
  at: number,
  where: string,
  dtype: TensorDtype,
  low: number,
  high: number,
): void {
  const itemBytes = ITEM_BYTES[dtype];
  const signed = dtype.startsWith("I");
  const value = high * 2 ** 32 + low;
  const limit = 2 ** (8 * itemBytes - Number(signed));
  if (itemBytes < 8 && (value >= limit || value < (signed ? -limit : 0))) {
    throw new FormatError(`${where} has ${value}, beyond ${dtype}`);
  }
  for (let i = 0; i < itemBytes; i++) out[at + i] = (i < 4 ? low : high) >>> 8 * (i & 3);
}

/** The file that a `StringStringEntryProto` named `location` points to. */
async function locationOf(source: ByteSource, field: Field): Promise<string | undefined> {
  const message = await contentsOf(source, field);
  const texts: string[] = ["", ""];
  for (const each of fieldsOf(message)) {
    if (each.number === 1 || each.number === 2) texts[each.number - 1] = textIn(message, each);
  }
  return texts[0] === "location" ? texts[1] : undefined;
}

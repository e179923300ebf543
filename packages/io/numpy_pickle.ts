import { byteSize, ITEM_BYTES } from "./elements.ts";
import { FormatError } from "./errors.ts";
import { viewOf } from "./bytes.ts";
import { halfToFloat } from "./half.ts";
import { npyDtype } from "./npy_header.ts";
import {
  isKind,
  type PickleRecord,
  type PickleValue,
  sizeItems,
  tupleItems,
} from "./pickle_value.ts";
import { quoteName } from "./quote.ts";
import { columnMajorStrides, gatherStrided } from "./strided.ts";
import type { TensorDtype, TensorEntry } from "./tensor_file.ts";

/** Calls that make numpy values, in numpy 1 (`core`) and 2 (`_core`). */
const ARRAY = /^numpy\._?core\.multiarray\._reconstruct$/;
const BUFFER = /^numpy\._?core\.numeric\._frombuffer$/;
const SCALAR = /^numpy\._?core\.multiarray\.scalar$/;

/**
 * The numpy value that a record of a call would have made.
 *
 * @param name What it is called, for messages and the entry.
 * @returns An entry for an array; a text for a scalar, or an array of elements that are not read;
 * undefined when the record makes neither.
 * @throws {FormatError} when shape and bytes disagree.
 */
export function numpyValue(record: PickleRecord, name: string): TensorEntry | string | undefined {
  if (ARRAY.test(record.name)) {
    // (version, shape, dtype, Fortran order, data)
    const [, shape, dtype, fortran, data] = tupleItems(record.state) ?? [];
    return array(name, shape, dtype, fortran === true, data);
  }
  if (BUFFER.test(record.name)) {
    const [data, dtype, shape, order] = record.args;
    return array(name, shape, dtype, order === "F", data);
  }
  if (SCALAR.test(record.name)) return scalar(record.args);
}

function array(
  name: string,
  size: PickleValue | undefined,
  descr: PickleValue | undefined,
  fortran: boolean,
  data: PickleValue | undefined,
): TensorEntry | string {
  const fail = (what: string): never => {
    throw new FormatError(`numpy: array ${quoteName(name)} ${what}`);
  };
  const shape = sizeItems(size);
  if (!shape) return fail("has a shape that is no short tuple of whole numbers");
  const dtype = dtypeOf(descr);
  if (typeof dtype !== "object") return `array [${shape}], not read: ${dtype}`;
  const raw = rawBytes(data);
  if (!raw) return fail("has no bytes");
  const bytes = byteSize(dtype.dtype, shape);
  if (bytes !== raw.length) {
    return fail(`is ${dtype.dtype} [${shape}], ${bytes} bytes, but holds ${raw.length}`);
  }
  const read = () => {
    const plain = raw.bytes();
    if (!fortran || shape.length < 2) return Promise.resolve(plain);
    const itemBytes = ITEM_BYTES[dtype.dtype];
    return Promise.resolve(gatherStrided(plain, itemBytes, shape, columnMajorStrides(shape)));
  };
  return { name, dtype: dtype.dtype, shape, read };
}

/** `numpy.dtype("f4", …)` with the state `(3, "<", …)`; a text when it is not read. */
function dtypeOf(value: PickleValue | undefined): { readonly dtype: TensorDtype } | string {
  const [kind] = isKind(value, "record") && value.name === "numpy.dtype" ? value.args : [];
  const [, order] = (isKind(value, "record") && tupleItems(value.state)) || [];
  if (typeof kind !== "string" || typeof order !== "string") return "its element type is unknown";
  try {
    return { dtype: npyDtype(`${order}${kind}`) };
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}

/** Bytes of an array or a scalar, made when they are asked for. */
interface RawBytes {
  readonly length: number;
  bytes(): Uint8Array;
}

function rawBytes(value: PickleValue | undefined): RawBytes | undefined {
  // numpy's _frombuffer of an array that may be written to, below protocol 5.
  const inner = isKind(value, "record") && value.name === "builtins.bytearray"
    ? value.args[0]
    : value;
  // What Python 3 makes of bytes below protocol 3: _codecs.encode(text, "latin1").
  const plain = isKind(inner, "record") && inner.name === "_codecs.encode" &&
      inner.args[1] === "latin1"
    ? inner.args[0]
    : inner;
  if (plain instanceof Uint8Array) return { length: plain.length, bytes: () => plain };
  if (typeof plain !== "string") return;
  return { length: plain.length, bytes: () => Uint8Array.from(plain, latin1Byte) };
}

function latin1Byte(letter: string): number {
  const code = letter.charCodeAt(0);
  if (code > 255) throw new FormatError("numpy: data holds a character that is no byte");
  return code;
}

function scalar([descr, data]: readonly PickleValue[]): string {
  const dtype = dtypeOf(descr);
  if (typeof dtype !== "object") return `scalar, not read: ${dtype}`;
  const raw = rawBytes(data);
  if (raw?.length !== ITEM_BYTES[dtype.dtype]) {
    throw new FormatError(`numpy: a scalar of ${dtype.dtype} has ${raw?.length ?? "no"} bytes`);
  }
  return String(decode(dtype.dtype, viewOf(raw.bytes())));
}

function decode(dtype: TensorDtype, view: DataView): number | bigint | string {
  switch (dtype) {
    case "F64":
      return view.getFloat64(0, true);
    case "F32":
      return view.getFloat32(0, true);
    case "F16":
      return halfToFloat(Uint16Array.of(view.getUint16(0, true)))[0];
    case "I64":
      return view.getBigInt64(0, true);
    case "U64":
      return view.getBigUint64(0, true);
    case "I32":
      return view.getInt32(0, true);
    case "U32":
      return view.getUint32(0, true);
    case "I16":
      return view.getInt16(0, true);
    case "U16":
      return view.getUint16(0, true);
    case "I8":
      return view.getInt8(0);
    case "BOOL":
      return view.getUint8(0) === 0 ? "False" : "True";
    default:
      return view.getUint8(0);
  }
}

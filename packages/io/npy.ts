import { hasText, latin1, viewOf } from "./bytes.ts";
import { FormatError } from "./errors.ts";

/** An array of one element type in row-major order. */
export interface NpyOf<Dtype, Data> {
  /** numpy's kind and bytes an element. */
  readonly dtype: Dtype;
  /** Slowest dimension first; `[]` for one value. */
  readonly shape: readonly number[];
  /** Elements; after reading a copy of the file's. */
  readonly data: Data;
}

/** An array as numpy saves it. `b1` holds 0 and 1. */
export type NpyArray =
  | NpyOf<"f4", Float32Array>
  | NpyOf<"f8", Float64Array>
  | NpyOf<"i4", Int32Array>
  | NpyOf<"u4", Uint32Array>
  | NpyOf<"i8", BigInt64Array>
  | NpyOf<"u1" | "b1", Uint8Array>;

const ELEMENTS = {
  f4: Float32Array,
  f8: Float64Array,
  i4: Int32Array,
  u4: Uint32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  b1: Uint8Array,
} as const;

const MAGIC = "\x93NUMPY";
const ALIGNMENT = 64;
/** One entry of the header, a Python dictionary: a string, a truth value or a tuple. */
const ENTRY = /\s*'(\w+)'\s*:\s*(?:'([^']*)'|(True|False)|\(([\d, ]*)\))\s*(,|(?=\}))/y;

/**
 * Reads a .npy file, version 1 or 2, little endian and row-major.
 *
 * @throws {FormatError} for anything else, and when size and shape disagree.
 */
export function readNpy(bytes: Uint8Array): NpyArray {
  const { header, start } = splitHeader(bytes);
  const { descr, order, shape } = readHeader(header);
  const dtype = dtypeOf(descr);
  if (order === "True") {
    throw new FormatError("npy: Fortran order is not read; save numpy.ascontiguousarray(a)");
  }
  const Elements = ELEMENTS[dtype];
  const size = shape.reduce((product, length) => product * length, Elements.BYTES_PER_ELEMENT);
  if (size !== bytes.length - start) {
    throw new FormatError(
      `npy: ${descr} (${shape}) needs ${size} bytes but ${bytes.length - start} follow the header`,
    );
  }
  const data = new Elements(bytes.slice(start).buffer);
  if (dtype === "b1") checkTruth(data as Uint8Array);
  return { dtype, shape, data } as NpyArray;
}

function splitHeader(bytes: Uint8Array): { header: string; start: number } {
  if (!hasText(bytes, 0, MAGIC)) throw new FormatError("npy: does not start with \\x93NUMPY");
  const version = bytes[6];
  if (version !== 1 && version !== 2) {
    throw new FormatError(`npy: version ${version} is not read, only 1 and 2`);
  }
  const before = version === 1 ? 10 : 12;
  if (bytes.length < before) throw new FormatError(`npy: ends after ${bytes.length} bytes`);
  const view = viewOf(bytes);
  const start = before + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > bytes.length) {
    throw new FormatError(`npy: header ends at byte ${start} of a file of ${bytes.length} bytes`);
  }
  if (start > 1 << 16) throw new FormatError(`npy: header of ${start} bytes, at most 65536`);
  return { header: latin1(bytes, before, start), start };
}

/** Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, keys in any order. */
function readHeader(header: string): { descr: string; order: string; shape: number[] } {
  const found = new Map<string, { text?: string; truth?: string; sizes?: string }>();
  ENTRY.lastIndex = header.startsWith("{") ? 1 : header.length;
  let end = ENTRY.lastIndex;
  for (let match; (match = ENTRY.exec(header)); end = ENTRY.lastIndex) {
    const [, key, text, truth, sizes] = match;
    if (found.has(key)) throw new FormatError(`npy: header has ${key} twice`);
    found.set(key, { text, truth, sizes });
  }
  const descr = found.get("descr")?.text;
  const order = found.get("fortran_order")?.truth;
  const shape = parseShape(found.get("shape")?.sizes);
  const closed = /^\s*\}\s*$/.test(header.slice(end));
  if (descr === undefined || order === undefined || !shape || found.size !== 3 || !closed) {
    throw new FormatError(
      "npy: header must hold just descr, fortran_order and shape; structured arrays are not " +
        `read, got ${JSON.stringify(header.slice(0, 80))}`,
    );
  }
  return { descr, order, shape };
}

/** Sizes of a Python tuple: `()`, `(3,)`, `(3, 4)`. */
function parseShape(sizes: string | undefined): number[] | undefined {
  if (sizes === undefined) return;
  if (sizes.trim() === "") return [];
  if (!/^(\d+, ?)+(\d+)? *$/.test(sizes)) return;
  const shape = (sizes.match(/\d+/g) ?? []).map(Number);
  return shape.every(Number.isSafeInteger) ? shape : undefined;
}

function dtypeOf(descr: string): NpyArray["dtype"] {
  const [order, dtype] = [descr[0], descr.slice(1)];
  const known = Object.hasOwn(ELEMENTS, dtype);
  if (known && order === ">") {
    throw new FormatError(`npy: big-endian ${descr} is not read; save a.astype("<${dtype}")`);
  }
  // numpy writes | where byte order means nothing: one byte a value.
  if (known && (order === "<" || (order === "|" && dtype.endsWith("1")))) {
    return dtype as NpyArray["dtype"];
  }
  const list = Object.keys(ELEMENTS).join(", ");
  throw new FormatError(`npy: dtype ${JSON.stringify(descr)} is not read, only ${list}`);
}

function checkTruth(data: Uint8Array): void {
  const wrong = data.findIndex((value) => value > 1);
  if (wrong >= 0) throw new FormatError(`npy: truth value ${wrong} is ${data[wrong]}, not 0 or 1`);
}

/**
 * Writes a .npy file, version 1, with numpy's own bytes.
 *
 * ```ts
 * import { readNpy, writeNpy } from "@fiedler/io";
 * import assert from "node:assert/strict";
 *
 * const keys = { dtype: "f4", shape: [2, 1], data: Float32Array.of(1, 2) } as const;
 * assert.deepEqual(readNpy(writeNpy(keys)), keys);
 * ```
 *
 * @throws {FormatError} when shape and data disagree, or a `b1` value is not 0 or 1.
 */
export function writeNpy({ dtype, shape, data }: NpyArray): Uint8Array<ArrayBuffer> {
  const whole = shape.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (!whole || shape.reduce((product, length) => product * length, 1) !== data.length) {
    throw new FormatError(`npy: cannot write ${data.length} values as (${shape})`);
  }
  if (dtype === "b1") checkTruth(data);
  const descr = `${dtype.endsWith("1") ? "|" : "<"}${dtype}`;
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const start = Math.ceil((10 + header.length + 1) / ALIGNMENT) * ALIGNMENT;
  const out = new Uint8Array(start + data.byteLength);
  const text = `${MAGIC}\x01\0\0\0${header}`.padEnd(start - 1) + "\n";
  for (let i = 0; i < start; i++) out[i] = text.charCodeAt(i);
  viewOf(out).setUint16(8, start - 10, true);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return out;
}

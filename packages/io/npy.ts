import { viewOf } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { NPY_MAGIC, npyHeader } from "./npy_header.ts";
import type { TensorDtype } from "./tensor_file.ts";

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

/** What each element type is in numpy's spelling, and the array that holds it. */
const ELEMENTS = {
  F32: ["f4", Float32Array],
  F64: ["f8", Float64Array],
  I32: ["i4", Int32Array],
  U32: ["u4", Uint32Array],
  I64: ["i8", BigInt64Array],
  U8: ["u1", Uint8Array],
  BOOL: ["b1", Uint8Array],
} as const;

const ALIGNMENT = 64;

/**
 * Reads a .npy file, version 1 or 2, little endian and row-major.
 *
 * @throws {FormatError} for anything else, and when size and shape disagree.
 */
export function readNpy(bytes: Uint8Array): NpyArray {
  const { dtype, shape, fortran, start } = npyHeader(bytes);
  if (!isArrayDtype(dtype)) {
    throw new FormatError(`npy: ${dtype} is not read as an array, only ${Object.keys(ELEMENTS)}`);
  }
  if (fortran) {
    throw new FormatError("npy: Fortran order is not read; save numpy.ascontiguousarray(a)");
  }
  const [kind, Elements] = ELEMENTS[dtype];
  const size = shape.reduce((product, length) => product * length, Elements.BYTES_PER_ELEMENT);
  if (size !== bytes.length - start) {
    throw new FormatError(
      `npy: ${dtype} [${shape}] needs ${size} bytes but ${bytes.length - start} follow the header`,
    );
  }
  const data = new Elements(bytes.slice(start).buffer);
  if (kind === "b1") checkTruth(data as Uint8Array);
  return { dtype: kind, shape, data } as NpyArray;
}

function isArrayDtype(dtype: TensorDtype): dtype is keyof typeof ELEMENTS {
  return Object.hasOwn(ELEMENTS, dtype);
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
  const text = `${NPY_MAGIC}\x01\0\0\0${header}`.padEnd(start - 1) + "\n";
  for (let i = 0; i < start; i++) out[i] = text.charCodeAt(i);
  viewOf(out).setUint16(8, start - 10, true);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return out;
}

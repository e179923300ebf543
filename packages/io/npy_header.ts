import { hasText, latin1, viewOf } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import type { TensorDtype } from "./tensor_file.ts";

/** What stands before the elements of a .npy file. */
export interface NpyHeader {
  /** Element type, little-endian. */
  readonly dtype: TensorDtype;
  /** Slowest dimension first in row-major order; `[]` for one value. */
  readonly shape: readonly number[];
  /** Whether the elements lie in column-major order, the first dimension fastest. */
  readonly fortran: boolean;
  /** First byte of the elements. */
  readonly start: number;
}

/** `start` of no file that is read lies beyond this byte. */
export const NPY_HEADER_BYTES = 1 << 16;
export const NPY_MAGIC = "\x93NUMPY";

const DTYPES: Readonly<Record<string, TensorDtype>> = {
  f2: "F16",
  f4: "F32",
  f8: "F64",
  i1: "I8",
  i2: "I16",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  u2: "U16",
  u4: "U32",
  u8: "U64",
  b1: "BOOL",
};

/** One entry of the header, a Python dictionary: a string, a truth value or a tuple. */
const ENTRY = /\s*'(\w+)'\s*:\s*(?:'([^']*)'|(True|False)|\(([\d, ]*)\))\s*(,|(?=\}))/y;

/**
 * Reads the header of a .npy file, version 1 or 2; not whether the elements fill the file.
 *
 * @param bytes The file, or its first {@linkcode NPY_HEADER_BYTES}.
 * @throws {FormatError} for other versions, big-endian and structured elements.
 */
export function npyHeader(bytes: Uint8Array): NpyHeader {
  const { text, start } = splitHeader(bytes);
  const { descr, order, shape } = parseHeader(text);
  return { dtype: npyDtype(descr), shape, fortran: order === "True", start };
}

function splitHeader(bytes: Uint8Array): { text: string; start: number } {
  if (!hasText(bytes, 0, NPY_MAGIC)) throw new FormatError("npy: does not start with \\x93NUMPY");
  const version = bytes[6];
  if (version !== 1 && version !== 2) {
    throw new FormatError(`npy: version ${version} is not read, only 1 and 2`);
  }
  const before = version === 1 ? 10 : 12;
  if (bytes.length < before) throw new FormatError(`npy: ends after ${bytes.length} bytes`);
  const view = viewOf(bytes);
  const start = before + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > NPY_HEADER_BYTES) {
    throw new FormatError(`npy: header of ${start} bytes, at most ${NPY_HEADER_BYTES}`);
  }
  if (start > bytes.length) {
    throw new FormatError(`npy: header ends at byte ${start} of a file of ${bytes.length} bytes`);
  }
  return { text: latin1(bytes, before, start), start };
}

/** Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, keys in any order. */
function parseHeader(header: string): { descr: string; order: string; shape: number[] } {
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

/** The element type that numpy spells so. */
export function npyDtype(descr: string): TensorDtype {
  const [order, kind] = [descr[0], descr.slice(1)];
  const known = Object.hasOwn(DTYPES, kind);
  if (known && order === ">") {
    throw new FormatError(`npy: big-endian ${descr} is not read; save a.astype("<${kind}")`);
  }
  // numpy writes | where byte order means nothing: one byte a value.
  if (known && (order === "<" || (order === "|" && kind.endsWith("1")))) return DTYPES[kind];
  const list = Object.keys(DTYPES).join(", ");
  throw new FormatError(`npy: dtype ${JSON.stringify(descr)} is not read, only ${list}`);
}

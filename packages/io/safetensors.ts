import { dataStart, LENGTH_BYTES, parseHeader } from "./safetensors_header.ts";

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

/**
 * Reads a safetensors file from memory, as strictly as {@linkcode openSafetensors}.
 *
 * @throws {FormatError} naming the tensor and what is wrong with it.
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  const start = dataStart(bytes, bytes.length);
  const data = bytes.subarray(start);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, start), data.length);
  const tensors = new Map<string, SafeTensor>();
  for (const [name, { dtype, shape, begin, end }] of header.tensors) {
    tensors.set(name, { dtype, shape, data: data.subarray(begin, end) });
  }
  return { metadata: header.metadata, tensors };
}

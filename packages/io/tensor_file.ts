import { byteSize } from "./elements.ts";
import type { SafetensorsDtype } from "./safetensors.ts";

/** Containers that {@linkcode openTensorFile} reads. */
export type TensorFormat =
  | "safetensors"
  | "torch zip"
  | "torch pickle"
  | "pickle"
  | "npy"
  | "npz"
  | "onnx";

/** Element types, as safetensors spells them. */
export type TensorDtype = SafetensorsDtype;

/** A tensor inside a file: its description is known, its elements are not yet read. */
export interface TensorEntry {
  /** Path of the tensor; the keys of nested dictionaries are joined by dots. */
  readonly name: string;
  /** Element type. */
  readonly dtype: TensorDtype;
  /** Slowest dimension first; `[]` for one value. */
  readonly shape: readonly number[];
  /**
   * Reads the elements: little-endian, row-major, exactly `shape`. A view of the file's bytes
   * where container and source allow, so callers must not write to it.
   *
   * @throws {FormatError} when the bytes fail a checksum or are compressed wrongly.
   */
  read(): Promise<Uint8Array>;
}

/** A file of tensors, of which only the directory has been read. */
export interface TensorFile {
  /** Its container. */
  readonly format: TensorFormat;
  /** What safetensors has under `__metadata__`; empty for the others. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /**
   * What else the file holds, by path: numbers, texts and inert records such as the arguments of
   * the training script, as short text for people.
   */
  readonly others: ReadonlyMap<string, string>;
}

/** Bytes of a tensor's elements. */
export const tensorBytes = ({ dtype, shape }: Pick<TensorEntry, "dtype" | "shape">): number =>
  byteSize(dtype, shape);

/** Element types a buffer can hold. f16 travels as raw bits. */
export type DType = "f32" | "u32" | "i32" | "f16";

/** The array that holds a tensor's elements on the host. */
export interface HostArray {
  /** 32-bit floats. */
  f32: Float32Array<ArrayBuffer>;
  /** Unsigned 32-bit integers; bit masks and packed bytes too. */
  u32: Uint32Array<ArrayBuffer>;
  /** Signed 32-bit integers. */
  i32: Int32Array<ArrayBuffer>;
  /** The 16 bits of each half-precision float, not its value. */
  f16: Uint16Array<ArrayBuffer>;
}

/**
 * A dense row-major array on the GPU, slowest axis first. A plain record: it owns nothing, and
 * stays valid until its scope ends.
 */
export interface Tensor<D extends DType = "f32"> {
  /**
   * Where the elements lie, in whole multiples of 16 bytes, with usage `STORAGE`, and `COPY_SRC` to be
   * read; other tensors may share it, and it may be longer.
   */
  readonly buffer: GPUBuffer;
  /** Bytes from the start of the buffer. */
  readonly offset: number;
  /** Size of each axis, slowest first; `[]` is a single element. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: D;
}

/** A tensor of any element type. */
export type AnyTensor = Tensor<DType>;

/** Number of elements of a shape; 1 for `[]`. */
export const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Bytes of one element. */
export const elementBytes = (dtype: DType): number => dtype === "f16" ? 2 : 4;

/** Bytes a tensor occupies. */
export const byteLength = (tensor: AnyTensor): number =>
  elements(tensor.shape) * elementBytes(tensor.dtype);

/** The host array over `bytes`, without a copy. */
export function hostArray<D extends DType>(dtype: D, bytes: ArrayBuffer): HostArray[D] {
  const views = { f32: Float32Array, u32: Uint32Array, i32: Int32Array, f16: Uint16Array };
  return new views[dtype](bytes) as HostArray[D];
}

/** Element type of a host array. */
export function dtypeOf(array: HostArray[DType]): DType {
  if (array instanceof Float32Array) return "f32";
  if (array instanceof Uint32Array) return "u32";
  return array instanceof Int32Array ? "i32" : "f16";
}

/** All tensors in a value: itself, or those in its arrays, records and maps at any depth. */
export function tensorsIn(value: unknown): AnyTensor[] {
  if (typeof value !== "object" || value === null) return [];
  return "buffer" in value && "dtype" in value
    ? [value as AnyTensor]
    : [...value instanceof Map ? value.values() : Object.values(value)].flatMap(tensorsIn);
}

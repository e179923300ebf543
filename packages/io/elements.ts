import type { TensorDtype } from "./tensor_file.ts";

/** Bytes of an element. */
export const ITEM_BYTES: Readonly<Record<TensorDtype, 1 | 2 | 4 | 8>> = {
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

/**
 * Bytes of a tensor; NaN when it or a product on the way is no safe integer, even if a later size
 * is 0.
 */
export function byteSize(dtype: TensorDtype, shape: readonly number[]): number {
  let size: number = ITEM_BYTES[dtype];
  for (const length of shape) {
    size *= length;
    if (!Number.isSafeInteger(size)) return NaN;
  }
  return size;
}

import { byteSize } from "./elements.ts";
import { FormatError } from "./errors.ts";
import { bfloatToFloat, halfToFloat } from "./half.ts";
import type { SafeTensor } from "./safetensors.ts";
import type { TensorDtype, TensorEntry } from "./tensor_file.ts";

/**
 * Values of a floating-point tensor as f32, always a fresh array. F16 and BF16 are exact; F64 is
 * rounded to nearest.
 *
 * @throws {FormatError} for other dtypes, a size that does not fit, and an F64 beyond f32's range.
 */
export function tensorToF32({ dtype, shape, data }: SafeTensor): Float32Array<ArrayBuffer> {
  return toF32("safetensors", dtype, shape, data);
}

/**
 * Reads a floating-point tensor as f32, always into a fresh array: F32 is one copy of its bytes.
 * F16 and BF16 are exact; F64 is rounded to nearest.
 *
 * @throws {FormatError} naming the tensor: for other dtypes, before they are read, for a size that
 * does not fit, and for an F64 beyond f32's range.
 */
export async function entryToF32(entry: TensorEntry): Promise<Float32Array<ArrayBuffer>> {
  const { name, dtype, shape } = entry;
  const where = `tensor ${JSON.stringify(name)}`;
  checkFloat(where, dtype);
  return toF32(where, dtype, shape, await entry.read());
}

function toF32(
  where: string,
  dtype: TensorDtype,
  shape: readonly number[],
  bytes: Uint8Array,
): Float32Array<ArrayBuffer> {
  checkFloat(where, dtype);
  if (byteSize(dtype, shape) !== bytes.length) {
    throw new FormatError(`${where}: ${dtype} [${shape}] does not fit ${bytes.length} bytes`);
  }
  const { buffer } = new Uint8Array(bytes); // a copy, aligned for every dtype
  if (dtype === "F32") return new Float32Array(buffer);
  if (dtype === "F16") return halfToFloat(new Uint16Array(buffer));
  if (dtype === "BF16") return bfloatToFloat(new Uint16Array(buffer));
  return rounded(where, new Float64Array(buffer));
}

function checkFloat(where: string, dtype: TensorDtype): void {
  if (["F16", "BF16", "F32", "F64"].includes(dtype)) return;
  throw new FormatError(`${where}: ${dtype} is not read as f32, only F16, BF16, F32 and F64`);
}

function rounded(where: string, exact: Float64Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(exact);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]) || !Number.isFinite(exact[i])) continue;
    throw new FormatError(`${where}: value ${i}, ${exact[i]}, is beyond the range of f32`);
  }
  return values;
}

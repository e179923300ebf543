import { byteSize, ITEM_BYTES } from "./elements.ts";
import { FormatError } from "./errors.ts";
import { NPY_HEADER_BYTES, npyHeader } from "./npy_header.ts";
import { readRange } from "./read_range.ts";
import type { ByteSource } from "./source.ts";
import { columnMajorStrides, gatherStrided } from "./strided.ts";
import type { TensorEntry, TensorFile } from "./tensor_file.ts";

/**
 * Opens a .npy file, version 1 or 2, little endian, reading its header alone: one tensor named
 * `array`. Fortran order is read as row-major order.
 *
 * @throws {FormatError} for anything else, and when size and shape disagree.
 */
export async function openNpy(source: ByteSource): Promise<TensorFile> {
  const array = await openNpyArray("array", source);
  const tensors = new Map([[array.name, array]]);
  return { format: "npy", metadata: {}, tensors, others: new Map() };
}

/** The array of a .npy file as a tensor of this name; the elements are read when asked for. */
export async function openNpyArray(name: string, source: ByteSource): Promise<TensorEntry> {
  const head = await readRange(source, 0, Math.min(NPY_HEADER_BYTES, source.size), "npy: header");
  const { dtype, shape, fortran, start } = npyHeader(head);
  const size = byteSize(dtype, shape);
  if (Number.isNaN(size)) throw new FormatError(`npy: shape (${shape}) is too large to count`);
  if (size !== source.size - start) {
    throw new FormatError(
      `npy: ${dtype} [${shape}] needs ${size} bytes but ${source.size - start} follow the header`,
    );
  }
  const read = async () => {
    const bytes = await readRange(source, start, size, `npy: ${name}`);
    if (!fortran) return bytes;
    return gatherStrided(bytes, ITEM_BYTES[dtype], shape, columnMajorStrides(shape));
  };
  return { name, dtype, shape, read };
}

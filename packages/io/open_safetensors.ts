import { readRange } from "./read_range.ts";
import { dataStart, LENGTH_BYTES, parseHeader } from "./safetensors_header.ts";
import type { ByteSource } from "./source.ts";
import type { TensorEntry, TensorFile } from "./tensor_file.ts";

const WHERE = "safetensors: header";

/**
 * Opens a safetensors file, reading its header alone, as strictly as its audited reference
 * implementation and more so: every byte of the data belongs to exactly one tensor, and no key
 * stands twice.
 *
 * @throws {FormatError} naming the tensor and what is wrong with it.
 */
export async function openSafetensors(source: ByteSource): Promise<TensorFile> {
  const length = await readRange(source, 0, Math.min(LENGTH_BYTES, source.size), WHERE);
  const start = dataStart(length, source.size);
  const header = await readRange(source, LENGTH_BYTES, start - LENGTH_BYTES, WHERE);
  const { metadata, tensors } = parseHeader(header, source.size - start);
  const entries = new Map<string, TensorEntry>();
  for (const [name, { dtype, shape, begin, end }] of tensors) {
    const where = `safetensors: tensor ${JSON.stringify(name)}`;
    const read = () => readRange(source, start + begin, end - begin, where);
    entries.set(name, { name, dtype, shape, read });
  }
  return { format: "safetensors", metadata, tensors: entries, others: new Map() };
}

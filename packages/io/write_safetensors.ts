import { viewOf } from "./bytes.ts";
import { byteSize, ITEM_BYTES } from "./elements.ts";
import { FormatError } from "./errors.ts";
import type { SafeTensor } from "./safetensors.ts";
import { LENGTH_BYTES, MAX_HEADER_BYTES, METADATA } from "./safetensors_header.ts";
import type { TensorEntry } from "./tensor_file.ts";

/** What the header says of a tensor. */
type Described = Pick<TensorEntry, "name" | "dtype" | "shape">;

/**
 * Writes a safetensors file. Tensors stand by falling element size, then by name, so that each is
 * aligned; the same contents give the same bytes, whatever their order.
 *
 * ```ts
 * import { readSafetensors, writeSafetensors } from "@fiedler/io";
 * import assert from "node:assert/strict";
 *
 * const mask = { dtype: "U8", shape: [2, 2], data: Uint8Array.of(0, 1, 1, 0) } as const;
 * const file = writeSafetensors(new Map([["mask", mask]]), { made: "by hand" });
 * assert.deepEqual(readSafetensors(file).tensors.get("mask"), mask);
 * ```
 *
 * @throws {FormatError} when a name is reserved or a tensor's size, dtype and shape disagree.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const sorted = inFileOrder([...tensors].map(([name, tensor]) => ({ name, ...tensor })));
  const header = headerOf(sorted, metadata);
  const dataBytes = sorted.reduce((sum, { data }) => sum + data.length, 0);
  const out = new Uint8Array(header.length + dataBytes);
  out.set(header);
  let at = header.length;
  for (const { name, dtype, shape, data } of sorted) {
    checkSize(name, dtype, shape, data);
    out.set(data, at);
    at += data.length;
  }
  return out;
}

/**
 * Makes what {@linkcode writeSafetensors} would, but reads one tensor at a time: a checkpoint of
 * any size is converted in the memory of its largest tensor.
 *
 * ```ts
 * import { bytesSource, openSafetensors, safetensorsParts, writeSafetensors } from "@fiedler/io";
 * import assert from "node:assert/strict";
 *
 * const mask = { dtype: "U8", shape: [2, 2], data: Uint8Array.of(0, 1, 1, 0) } as const;
 * const bytes = writeSafetensors(new Map([["mask", mask]]));
 * const file = await openSafetensors(bytesSource(bytes));
 * const written: number[] = [];
 * for await (const part of safetensorsParts(file.tensors.values(), file.metadata)) {
 *   written.push(...part);
 * }
 * assert.deepEqual(written, [...bytes]);
 * ```
 *
 * @param entries In any order.
 * @returns The file part by part, in order. A part may be a view of the file that it came from.
 * @throws {FormatError} when a name is reserved or stands twice, or when a tensor reads as another
 * size than its dtype and shape have; what came before is then incomplete.
 */
export async function* safetensorsParts(
  entries: Iterable<TensorEntry>,
  metadata: Readonly<Record<string, string>>,
): AsyncIterable<Uint8Array> {
  const sorted = inFileOrder([...entries]);
  yield headerOf(sorted, metadata);
  for (const entry of sorted) {
    const data = await entry.read();
    checkSize(entry.name, entry.dtype, entry.shape, data);
    yield data;
  }
}

function inFileOrder<T extends Described>(tensors: readonly T[]): T[] {
  return tensors.toSorted((a, b) =>
    ITEM_BYTES[b.dtype] - ITEM_BYTES[a.dtype] || (a.name < b.name ? -1 : 1)
  );
}

/** Length, header and padding, all that stands before the data. */
function headerOf(
  sorted: readonly Described[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const members: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    const pairs = keys.map((key) => `${textOf(key)}:${textOf(metadata[key])}`);
    members.push(`"${METADATA}":{${pairs}}`);
  }
  const names = new Set([METADATA]);
  let end = 0;
  for (const { name, dtype, shape } of sorted) {
    const begin = end;
    end += byteSize(dtype, shape);
    if (names.has(name) || !Number.isSafeInteger(end)) {
      const why = names.has(name) ? "a name that is taken" : "too large to count";
      throw new FormatError(
        `safetensors: cannot write ${JSON.stringify(name)}, ${dtype} [${shape}], ${why}`,
      );
    }
    names.add(name);
    const rest = `{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${end}]}`;
    members.push(`${textOf(name)}:${rest}`);
  }
  return framed(new TextEncoder().encode(`{${members}}`));
}

/** A JSON string; readers differ on lone surrogates, so they are not written. */
function textOf(value: string): string {
  if (value.isWellFormed()) return JSON.stringify(value);
  throw new FormatError(`safetensors: cannot write ${JSON.stringify(value)}, a lone surrogate`);
}

/** The JSON behind its length, padded so that the data starts at a multiple of 8. */
function framed(json: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new FormatError(
      `safetensors: cannot write a header of ${length} bytes, at most ${MAX_HEADER_BYTES}`,
    );
  }
  const out = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  viewOf(out).setBigUint64(0, BigInt(length), true);
  out.set(json, LENGTH_BYTES);
  return out;
}

function checkSize(
  name: string,
  dtype: TensorEntry["dtype"],
  shape: readonly number[],
  data: Uint8Array,
): void {
  if (byteSize(dtype, shape) === data.length) return;
  const what = `${dtype} [${shape}] with ${data.length} bytes`;
  throw new FormatError(`safetensors: cannot write ${JSON.stringify(name)}, ${what}`);
}

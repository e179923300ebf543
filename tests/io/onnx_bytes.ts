/** Assembles protocol buffers by hand, and with them the ONNX files of tests. */

/** Contents of a message, or of a field. */
export type Bytes = readonly number[];

export function varint(value: number | bigint): Bytes {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return [...out, Number(rest)];
}

/** A field of a number, or of bytes, a text or another message. */
export function field(number: number, value: number | bigint | string | Bytes): Bytes {
  if (typeof value === "number" || typeof value === "bigint") {
    return [...varint(number * 8), ...varint(value)];
  }
  const bytes = typeof value === "string" ? [...new TextEncoder().encode(value)] : value;
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
}

/** The bytes of little-endian numbers. */
export function bytesOf(values: ArrayBufferView): Bytes {
  return [...new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];
}

/** An initializer with these fields of data. */
export function tensor(name: string, type: number, dims: readonly number[], ...data: Bytes[]) {
  const sizes = dims.flatMap((size) => field(1, size));
  return [...sizes, ...field(2, type), ...data.flat(), ...field(8, name)];
}

/** A model of these fields of its graph, as a file. */
export function model(...graph: Bytes[]): Uint8Array<ArrayBuffer> {
  const opset = field(8, [...field(1, ""), ...field(2, 17)]);
  return Uint8Array.from([
    ...field(1, 8),
    ...field(2, "hand"),
    ...opset,
    ...field(7, graph.flat()),
  ]);
}

/** A model of these initializers. */
export function modelOf(...tensors: Bytes[]): Uint8Array<ArrayBuffer> {
  return model(...tensors.map((each) => field(5, each)));
}

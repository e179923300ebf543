import assert from "node:assert/strict";
import { bytesSource, openOnnx, type TensorFile } from "@fiedler/io";
import { fixture, formatError } from "./fixtures.ts";
import { type Bytes, bytesOf, field, model, modelOf, tensor, varint } from "./onnx_bytes.ts";

const DTYPES: Readonly<Record<string, string>> = {
  ...{ FLOAT: "F32", DOUBLE: "F64", FLOAT16: "F16", BOOL: "BOOL" },
  ...{ INT8: "I8", INT16: "I16", INT32: "I32", INT64: "I64" },
  ...{ UINT8: "U8", UINT16: "U16", UINT32: "U32", UINT64: "U64" },
};
const VALUES = Float32Array.of(1, -2, 3, 4);
const RAW = field(9, bytesOf(VALUES));

const open = (bytes: Uint8Array) => openOnnx(bytesSource(bytes));

async function read(file: TensorFile, name: string): Promise<Uint8Array> {
  const entry = file.tensors.get(name);
  assert.ok(entry, name);
  return await entry.read();
}

Deno.test("openOnnx() agrees with onnx on every type, raw and typed", async () => {
  const bytes = fixture("onnx/tensors.onnx");
  const golden: Record<string, [string, number[], string]> = JSON.parse(
    new TextDecoder().decode(fixture("onnx/tensors.json")),
  );
  const file = await open(bytes);
  assert.deepEqual([...file.tensors.keys()], Object.keys(golden));
  for (const [name, [type, shape, hex]] of Object.entries(golden)) {
    const entry = file.tensors.get(name);
    assert.deepEqual([entry?.dtype, entry?.shape], [DTYPES[type], shape], name);
    assert.equal(new Uint8Array(await read(file, name)).toHex(), hex, name);
  }
  assert.equal((await read(file, "raw.float32")).buffer, bytes.buffer, "a view, no copy");
  assert.deepEqual(Object.fromEntries(file.others), {
    producer: "fiedler 1",
    "opset.ai.onnx": "13",
    "initializers.text": "ONNX type 8 [2], not read",
    "inputs.x": "F32 [batch, 3]",
    "outputs.y": "F32 [batch, 2]",
    nodes: "1",
  });
});

Deno.test("openOnnx() leaves the data of initializers unread", async () => {
  const zeros = (count: number) => Array<number>(count).fill(0);
  const big = Array.from(
    { length: 8 },
    (_, i) => tensor(`w${i}`, 1, [100, 250], field(9, zeros(100_000))),
  );
  const bytes = modelOf(...big, tensor("last", 1, [4], RAW));
  let asked = 0;
  const file = await openOnnx({
    size: bytes.length,
    read: (offset, length) => {
      asked += length;
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  });
  assert.equal(file.tensors.size, 9);
  assert.ok(asked <= 10 * 65_536, `${asked} of ${bytes.length} bytes`); // a window per tensor
  assert.deepEqual([...await read(file, "last")], bytesOf(VALUES));
});

Deno.test("openOnnx() reads lists that are packed, not packed or both", async () => {
  const floats = [...VALUES].flatMap((value): Bytes => [
    ...varint(4 * 8 + 5),
    ...bytesOf(Float32Array.of(value)),
  ]);
  const packed = [-1, 2, 300].flatMap(varint);
  const file = await open(modelOf(
    tensor("floats", 1, [2, 2], floats),
    tensor("mixed", 7, [5], field(7, packed), field(7, -4), field(7, [5])),
    tensor("bfloat", 16, [1], field(5, 0x3f80)),
    tensor("eight", 17, [2], field(5, [1, 200, 1])),
    [...field(1, [2, 2]), ...field(2, 1), ...RAW, ...field(8, "packed sizes")],
  ));
  assert.deepEqual([...await read(file, "floats")], bytesOf(VALUES));
  const mixed = bytesOf(BigInt64Array.of(-1n, 2n, 300n, -4n, 5n));
  assert.deepEqual([...await read(file, "mixed")], mixed);
  assert.deepEqual([...await read(file, "bfloat")], [0x80, 0x3f]);
  assert.deepEqual([...await read(file, "eight")], [1, 200]);
  assert.equal(file.tensors.get("eight")?.dtype, "F8_E4M3");
  assert.deepEqual(file.tensors.get("packed sizes")?.shape, [2, 2]);
});

Deno.test("openOnnx() lists external data and names the file when it is read", async () => {
  const place = field(13, [...field(1, "location"), ...field(2, "weights.bin")]);
  const length = field(13, [...field(1, "length"), ...field(2, "16")]);
  const file = await open(modelOf(tensor("w", 1, [4], place, length, field(14, 1))));
  assert.deepEqual(file.tensors.get("w")?.shape, [4]);
  const message =
    /"w" lies in another file, "weights.bin", .*; save the model with its data inside/;
  await assert.rejects(read(file, "w"), formatError(message));
});

Deno.test("openOnnx() describes inputs, and leaves out those that an initializer fills", async () => {
  const dim = (contents: Bytes) => field(1, contents);
  const shape = field(2, [...dim(field(1, 3)), ...dim(field(2, "tokens")), ...dim([])]);
  const info = (name: string, type: Bytes) => field(11, [...field(1, name), ...field(2, type)]);
  const file = await open(model(
    info("x", field(1, [...field(1, 10), ...shape])),
    info("rank", field(1, field(1, 7))),
    info("pairs", field(4, [])),
    info("w", field(1, [...field(1, 1), ...shape])),
    field(5, tensor("w", 1, [4], RAW)),
    field(15, []),
  ));
  assert.deepEqual(Object.fromEntries(file.others), {
    producer: "hand",
    "opset.ai.onnx": "17",
    "inputs.x": "F16 [3, tokens, ?]",
    "inputs.rank": "I64 of any shape",
    "inputs.pairs": "not a tensor",
    nodes: "0",
    "sparse initializers": "1, not read",
  });
});

Deno.test("openOnnx() refuses hostile files and says why", async () => {
  const one = tensor("w", 1, [4], RAW);
  const long = Array<number>(10).fill(255);
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /no graph; is it an ONNX model/],
    [Uint8Array.from(field(1, 8)), /no graph/],
    [Uint8Array.of(0x08), /number at byte 1 is cut off/],
    [Uint8Array.from([0x08, ...long]), /longer than 64 bits/],
    [Uint8Array.from([0x08, ...long.with(9, 2)]), /longer than 64 bits/],
    [Uint8Array.from([...long.with(9, 1)]), /field number/],
    [Uint8Array.of(0x00, 0x00), /field number 0 at byte 0/],
    [Uint8Array.of(0x0b), /wire type 3 at byte 0 is not read/],
    [Uint8Array.of(0x0d, 1, 2), /field 1 at byte 0 has 4 bytes, 2 are left/],
    [Uint8Array.of(0x3a, 5, 0), /field 7 at byte 0 has 5 bytes, 1 are left/],
    [Uint8Array.from([0x3a, ...long.with(9, 1)]), /has -1 bytes/],
    [Uint8Array.from(field(7, 1)), /field 7 .* must be bytes, got varint/],
    [Uint8Array.from([...field(7, []), ...field(7, [])]), /field 7 again at byte 4/],
    [Uint8Array.from([...field(2, [255]), ...field(7, [])]), /field 2 .* is not UTF-8/],
    [modelOf(one, one), /"w" stands twice/],
    [modelOf(tensor("", 1, [4], RAW)), /has no name/],
    [modelOf(tensor("x".repeat(65_537), 1, [4], RAW)), /65537 bytes, at most 65536/],
    [modelOf(tensor("w", 1, [5], RAW)), /F32 \[5\], 20 bytes, but has 16 bytes of raw_data/],
    [modelOf(tensor("w", 1, [-4], RAW)), /size -4/],
    [modelOf(tensor("w", 1, Array(65).fill(1), RAW)), /dimension 64 of at most 64/],
    [modelOf(tensor("w", 1, [2 ** 32, 2 ** 32, 0])), /too large/],
    [modelOf(tensor("w", 1, [4])), /has no elements/],
    [modelOf(tensor("w", 1, [4], RAW, RAW)), /field 9 again/],
    [modelOf(tensor("w", 1, [4], RAW, field(4, bytesOf(VALUES)))), /both raw_data and field 4/],
    [modelOf(tensor("w", 1, [1], field(5, 1))), /its elements in field 5/],
    [modelOf(tensor("w", 7, [2], field(7, 1), field(5, 1))), /two lists of elements/],
    [modelOf(tensor("w", 1, [5], field(4, bytesOf(VALUES)))), /has 16 bytes in field 4/],
    [modelOf(tensor("w", 7, [3], field(7, [1, 2]))), /has 2 bytes in field 7/],
    [modelOf(tensor("w", 7, [1e9], field(7, [1, 2]))), /has 2 bytes in field 7/],
    [modelOf(tensor("w", 1, [1], field(4, 1))), /field 4 .* must be bytes, got varint/],
    [modelOf(tensor("w", 1, [4], field(3, []), RAW)), /is a segment/],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(open(bytes), formatError(message), String(message));
  }
});

Deno.test("what only the elements show is refused when they are read", async () => {
  const cases: [Bytes, RegExp][] = [
    [tensor("w", 7, [1], field(7, [1, 2])), /"w" has 2 elements for 1/],
    [tensor("w", 7, [2], field(7, varint(-1))), /"w" has 1 elements for 2/],
    [tensor("w", 7, [1], field(7, [128])), /number at byte 0 is cut off/],
    [tensor("w", 3, [1], field(5, 128)), /"w" has 128, beyond I8/],
    [tensor("w", 3, [1], field(5, -129)), /"w" has -129, beyond I8/],
    [tensor("w", 2, [1], field(5, -1)), /"w" has -1, beyond U8/],
    [tensor("w", 12, [1], field(11, 2 ** 32)), /"w" has 4294967296, beyond U32/],
    [tensor("w", 1, [1], field(4, [1, 2]), field(4, [3, 4])), /part of an element in field 4/],
  ];
  for (const [bytes, message] of cases) {
    const file = await open(modelOf(bytes));
    await assert.rejects(read(file, "w"), formatError(message), String(message));
  }
});

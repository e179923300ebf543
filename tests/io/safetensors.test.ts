import assert from "node:assert/strict";
import {
  bytesSource,
  entryToF32,
  openSafetensors,
  readNpy,
  readSafetensors,
  type SafeTensor,
  safetensorsParts,
  sha256Hex,
  type TensorEntry,
  tensorToF32,
  writeSafetensors,
} from "@fiedler/io";
import { fixture, formatError, golden } from "./fixtures.ts";

const U8 = '{"dtype":"U8","shape":[4],"data_offsets":[0,4]}';

/** A file with this header and this many bytes of data. */
function file(header: string | Uint8Array, dataBytes = 4): Uint8Array<ArrayBuffer> {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

/** One tensor `x`. */
function tensor(dtype: string, shape: string, begin: number | string, end: number | string) {
  return `{"x":{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}}`;
}

Deno.test("readSafetensors() reads the shipped weights", () => {
  for (const objective of ["mae", "dino"]) {
    const bytes = fixture(`weights/${objective}-tiny.safetensors`);
    const { metadata, tensors } = readSafetensors(bytes);
    assert.equal(metadata.objective, objective);
    assert.equal(metadata.heads, "4");
    const qkv = tensors.get("blocks.0.attn.qkv.weight");
    assert.deepEqual(qkv?.shape, [384, 128]);
    assert.equal(qkv?.data.buffer, bytes.buffer, "a view, no copy");
    let parameters = 0;
    for (const [name, each] of tensors) {
      const values = tensorToF32(each);
      assert.ok(values.every(Number.isFinite), name);
      parameters += values.length;
    }
    assert.equal(parameters, 818_176);
    const again = readSafetensors(writeSafetensors(tensors, metadata));
    assert.deepEqual({ ...again.metadata }, { ...metadata });
    assert.deepEqual(new Map([...again.tensors].sort()), new Map([...tensors].sort()));
  }
  const keys = readNpy(fixture("weights/golden/mae_keys_192.npy"));
  assert.deepEqual([keys.dtype, keys.shape], ["f4", [576, 128]]);
});

Deno.test("tensorToF32() decodes all halves as numpy does", async () => {
  const data = new Uint8Array(Uint16Array.from({ length: 1 << 16 }, (_, half) => half).buffer);
  const values = tensorToF32({ dtype: "F16", shape: [1 << 16], data });
  assert.equal(values.reduce((count, value) => count + Number(Number.isNaN(value)), 0), 2 * 1023);
  const finite = values.map((value) => Number.isNaN(value) ? 0 : value);
  assert.equal(await sha256Hex(new Uint8Array(finite.buffer)), golden.halfToFloat);
});

Deno.test("tensorToF32() converts BF16, F32 and F64 and copies", () => {
  const bytes = (array: ArrayBufferView) => new Uint8Array(array.buffer);
  const bfloat = bytes(Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x0001));
  assert.deepEqual(
    tensorToF32({ dtype: "BF16", shape: [4], data: bfloat }),
    Float32Array.of(1, -2, Infinity, 2 ** -133),
  );
  const f32 = Float32Array.of(1.5, -0, NaN);
  const copy = tensorToF32({ dtype: "F32", shape: [3], data: bytes(f32) });
  assert.deepEqual(copy, f32);
  assert.notEqual(copy.buffer, f32.buffer);
  const f64 = Float64Array.of(0.1, -Infinity);
  const rounded = tensorToF32({ dtype: "F64", shape: [2], data: bytes(f64) });
  assert.deepEqual(rounded, Float32Array.of(Math.fround(0.1), -Infinity));
  assert.deepEqual(tensorToF32({ dtype: "F32", shape: [], data: new Uint8Array(4) }).length, 1);

  const misplaced = new Uint8Array(9).subarray(1);
  assert.equal(tensorToF32({ dtype: "F32", shape: [2], data: misplaced }).length, 2);
  const huge = bytes(Float64Array.of(0, 1e300));
  assert.throws(
    () => tensorToF32({ dtype: "F64", shape: [2], data: huge }),
    formatError(/value 1, 1e\+300, is beyond the range of f32/),
  );
  assert.throws(
    () => tensorToF32({ dtype: "I64", shape: [1], data: new Uint8Array(8) }),
    formatError(/I64 is not read as f32/),
  );
  assert.throws(
    () => tensorToF32({ dtype: "F32", shape: [3], data: new Uint8Array(8) }),
    formatError(/F32 \[3\] does not fit 8 bytes/),
  );
});

Deno.test("writeSafetensors() aligns, pads and does not depend on order", () => {
  const a: SafeTensor = { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) };
  const b: SafeTensor = { dtype: "F32", shape: [1, 1], data: new Uint8Array(4) };
  const empty: SafeTensor = { dtype: "F64", shape: [0, 7], data: new Uint8Array(0) };
  const entries: [string, SafeTensor][] = [['ä "quote"', a], ["b", b], ["__proto__", empty]];
  const bytes = writeSafetensors(new Map(entries), { y: "1", x: "2" });
  const other = writeSafetensors(new Map(entries.toReversed()), { x: "2", y: "1" });
  assert.deepEqual(bytes, other);
  assert.equal(new DataView(bytes.buffer).getUint32(0, true) % 8, 0);
  const { metadata, tensors } = readSafetensors(bytes);
  assert.deepEqual({ ...metadata }, { x: "2", y: "1" });
  assert.deepEqual([...tensors.keys()], ["__proto__", "b", 'ä "quote"']);
  assert.deepEqual(new Map([...tensors].sort()), new Map(entries.sort()));
  const start = tensors.get("b")?.data.byteOffset ?? NaN;
  assert.equal(start % 4, 0);

  assert.deepEqual(readSafetensors(writeSafetensors(new Map())).tensors, new Map());
  const wrong: SafeTensor = { ...b, shape: [2] };
  assert.throws(() => writeSafetensors(new Map([["b", wrong]])), formatError(/cannot write "b"/));
  assert.throws(() => writeSafetensors(new Map([["__metadata__", b]])), formatError(/cannot/));
});

Deno.test("readSafetensors() accepts what the format allows", () => {
  const padded = `{"x":${U8}} \n\t`;
  assert.equal(readSafetensors(file(padded)).tensors.get("x")?.data.length, 4);
  const scalar = readSafetensors(file(tensor("F32", "[]", 0, 4)));
  assert.deepEqual(scalar.tensors.get("x")?.shape, []);
  const reordered = `{"b":{"data_offsets":[2,4],"shape":[2],"dtype":"I8"},` +
    `"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},` +
    `"none":{"dtype":"F64","shape":[0],"data_offsets":[2,2]}}`;
  assert.equal(readSafetensors(file(reordered)).tensors.size, 3);
  assert.equal(readSafetensors(file(`{"__metadata__":{},"\\u0078":${U8}}`)).tensors.has("x"), true);
  assert.equal(readSafetensors(file("{}", 0)).tensors.size, 0);
});

Deno.test("both readers refuse hostile files and say why", async () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const two = (first: string, second: string) =>
    `{"a":{"dtype":"U8","shape":[2],"data_offsets":${first}},` +
    `"b":{"dtype":"U8","shape":[2],"data_offsets":${second}}}`;
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /0 bytes, too short for a header length/],
    [new Uint8Array(7), /7 bytes, too short/],
    [new Uint8Array(8), /does not start with \{/],
    [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 255), /at most 100000000; is it safetensors\?/],
    [Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0), /header ends at byte 17 but the file has 8 bytes/],
    [file(Uint8Array.of(0x7b, 0xff, 0x7d), 0), /not UTF-8/],
    [file("\ufeff{}", 0), /does not start with \{/],
    [file(" {}", 0), /does not start with \{/],
    [file("[]", 0), /does not start with \{/],
    [file("{} {}", 0), /unexpected text after the value at character 3/],
    [file("{", 0), /expected a key at character 1/],
    [file('{"x"', 0), /expected ":"/],
    [file('{"x', 0), /string that is not closed/],
    [file('{"\\x":1}', 0), /bad escape/],
    [file('{"\\ud800":1}', 0), /lone surrogate/],
    [file(`{"x":${U8},}`), /expected a key/],
    [file(`{"x":${U8},"x":${U8}}`), /duplicate key "x"/],
    [file(`{"x":${U8},"\\u0078":${U8}}`), /duplicate key "x"/],
    [file(`{"x":{"dtype":"U8","dtype":"F32","shape":[4],"data_offsets":[0,4]}}`), /duplicate/],
    [file(`{"__metadata__":{"a":"1","a":"2"},"x":${U8}}`), /duplicate key "a"/],
    [file(`{"__metadata__":{"a":1},"x":${U8}}`), /__metadata__ "a" is not a string/],
    [file(`{"__metadata__":[],"x":${U8}}`), /__metadata__ is not an object/],
    [file(`{"__metadata__":null,"x":${U8}}`), /__metadata__ is not an object/],
    [file(`{"x":${nested(100_000)}}`), /nested deeper than 3/],
    [file('{"x":3}'), /tensor "x" is not an object/],
    [file('{"x":{}}'), /unknown dtype undefined/],
    [file(tensor("U128", "[4]", 0, 4)), /unknown dtype "U128"/],
    [file(tensor("toString", "[4]", 0, 4)), /unknown dtype "toString"/],
    [file(tensor("U8", "4", 0, 4)), /shape that is not a list/],
    [file(tensor("U8", "[4.5]", 0, 4)), /expected a value, got "4.5/],
    [file(tensor("U8", "[4.0]", 0, 4)), /expected a value, got "4.0/],
    [file(tensor("U8", "[4e0]", 0, 4)), /expected a value, got "4e0/],
    [file(tensor("U8", "[-4]", 0, 4)), /shape that is not a list/],
    [file(tensor("U8", "[-0]", 0, 0), 0), /expected a value, got "-0/],
    [file(tensor("U8", '["4"]', 0, 4)), /shape that is not a list/],
    [file(tensor("U8", "[NaN]", 0, 4)), /expected a value, got "NaN/],
    [file(tensor("U8", "[1e999]", 0, 4)), /expected a value, got "1e999/],
    [file(tensor("U8", "[04]", 0, 4)), /expected a value, got "04/],
    [file(tensor("U8", "[4]", 0, "4,4")), /not two whole numbers/],
    [file(tensor("U8", "[4]", "null", 4)), /not two whole numbers/],
    [file(tensor("U8", "[4]", 4, 0)), /begins at byte 4, after its end 0/],
    [file(tensor("U8", "[4]", 0, 8)), /ends at byte 8 but the data area has 4 bytes/],
    [file(tensor("F32", "[4]", 0, 4)), /F32 \[4\], 16 bytes, but owns 4/],
    [file(tensor("U8", "[4294967296,4294967296]", 0, 4)), /too large to count/],
    [file(tensor("U8", "[4294967296,4294967296,0]", 0, 0), 0), /too large to count/],
    [file(tensor("U8", "[9007199254740993]", 0, 4)), /expected a value, got "900719/],
    [file(tensor("U8", "[4]", 0, 4), 5), /end at byte 4 but the data area has 5 bytes/],
    [file("{}", 1), /end at byte 0 but the data area has 1 bytes/],
    [file(tensor("U8", "[3]", 1, 4)), /leave a hole between them: bytes 0 and 1/],
    [file(two("[0,2]", "[0,2]"), 4), /"a" and "b" overlap: bytes 2 and 0/],
    [file(two("[0,2]", "[1,3]"), 4), /overlap/],
    [file(two("[0,2]", "[3,5]"), 5), /hole/],
    [file(`{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"y":1}}`), /unknown key y/],
  ];
  for (const [bytes, message] of cases) {
    assert.throws(() => readSafetensors(bytes), formatError(message));
    await assert.rejects(openSafetensors(bytesSource(bytes)), formatError(message));
  }
});

Deno.test("openSafetensors() reads the header, and each tensor where it lies", async () => {
  const bytes = fixture("weights/dino-tiny.safetensors");
  const reads: [number, number][] = [];
  const file = await openSafetensors({
    size: bytes.length,
    read: (offset, length) => {
      reads.push([offset, length]);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  });
  const headerBytes = new DataView(bytes.buffer).getUint32(0, true);
  assert.deepEqual(reads, [[0, 8], [8, headerBytes]]);
  const whole = readSafetensors(bytes);
  assert.equal(file.format, "safetensors");
  assert.deepEqual({ ...file.metadata }, { ...whole.metadata });
  assert.deepEqual([...file.tensors.keys()], [...whole.tensors.keys()]);
  for (const [name, { dtype, shape, data }] of whole.tensors) {
    const entry = file.tensors.get(name);
    assert.deepEqual([entry?.name, entry?.dtype, entry?.shape], [name, dtype, shape]);
    const read = await entry?.read();
    assert.deepEqual([read?.buffer, read?.byteOffset], [data.buffer, data.byteOffset], "a view");
    assert.equal(read?.length, data.length);
  }
});

/** The parts, and all of them together. */
async function written(entries: Iterable<TensorEntry>, metadata: Record<string, string> = {}) {
  const parts: Uint8Array[] = [];
  for await (const part of safetensorsParts(entries, metadata)) parts.push(part);
  return { parts, bytes: new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()) };
}

function entryOf(name: string, tensor: SafeTensor): TensorEntry {
  return { name, ...tensor, read: () => Promise.resolve(tensor.data) };
}

Deno.test("safetensorsParts() makes the bytes of writeSafetensors()", async () => {
  const { metadata, tensors } = readSafetensors(fixture("weights/mae-tiny.safetensors"));
  const expected = writeSafetensors(tensors, metadata);
  const entries = [...tensors].map(([name, tensor]) => entryOf(name, tensor));
  const { parts, bytes } = await written(entries.toReversed(), metadata);
  assert.deepEqual(bytes, expected);
  assert.equal(parts.length, 1 + tensors.size, "a part per tensor");
  assert.deepEqual((await written([])).bytes, writeSafetensors(new Map()));
});

Deno.test("safetensorsParts() holds one tensor at a time", async () => {
  let held = 0;
  let most = 0;
  const entries = Array.from({ length: 5 }, (_, i): TensorEntry => ({
    name: `w${i}`,
    dtype: "F32",
    shape: [2],
    read: () => {
      most = Math.max(most, ++held);
      return Promise.resolve(new Uint8Array(8));
    },
  }));
  for await (const part of safetensorsParts(entries, {})) {
    await new Promise((done) => setTimeout(done));
    if (part.length === 8) held--;
  }
  assert.deepEqual([held, most], [0, 1]);
});

Deno.test("safetensorsParts() refuses what could not be read again", async () => {
  const a = entryOf("a", { dtype: "U8", shape: [2], data: Uint8Array.of(1, 2) });
  const cases: [TensorEntry[], Record<string, string>, RegExp][] = [
    [[a, a], {}, /cannot write "a", U8 \[2\], a name that is taken/],
    [[{ ...a, name: "__metadata__" }], {}, /"__metadata__", .* a name that is taken/],
    [[{ ...a, shape: [2 ** 52, 4] }], {}, /too large to count/],
    [[{ ...a, shape: [2.5] }], {}, /too large to count/],
    [[{ ...a, shape: [3] }], {}, /cannot write "a", U8 \[3\] with 2 bytes/],
    [[{ ...a, name: "\ud800" }], {}, /a lone surrogate/],
    [[a], { key: "\udfff" }, /a lone surrogate/],
    [[], { key: "x".repeat(1e8) }, /header of 100000032 bytes, at most 100000000/],
  ];
  for (const [entries, metadata, message] of cases) {
    await assert.rejects(written(entries, metadata), formatError(message), String(message));
  }
});

Deno.test("entryToF32() agrees with tensorToF32(), copies and names the tensor", async () => {
  const f32 = Uint8Array.of(9, ...new Uint8Array(Float32Array.of(1.5, -2).buffer)).subarray(1);
  const aligned = new Uint8Array(Float32Array.of(1.5, -2).buffer);
  const tensors: SafeTensor[] = [
    { dtype: "F32", shape: [2], data: f32 },
    { dtype: "F32", shape: [2], data: aligned },
    { dtype: "F16", shape: [2], data: Uint8Array.of(0, 0x3e, 0, 0xc0) },
    { dtype: "BF16", shape: [2], data: Uint8Array.of(0xc0, 0x3f, 0, 0xc0) },
    { dtype: "F64", shape: [2], data: new Uint8Array(Float64Array.of(1.5, -2).buffer) },
  ];
  for (const tensor of tensors) {
    const values = await entryToF32(entryOf("w", tensor));
    assert.deepEqual(values, Float32Array.of(1.5, -2), tensor.dtype);
    assert.notEqual(values.buffer, tensor.data.buffer, "a fresh array");
  }
  let reads = 0;
  const read = () => Promise.resolve(new Uint8Array(4 * ++reads));
  await assert.rejects(
    entryToF32({ name: "ids", dtype: "I32", shape: [1], read }),
    formatError(/tensor "ids": I32 is not read as f32/),
  );
  assert.equal(reads, 0, "refused before it is read");
  await assert.rejects(
    entryToF32({ name: "w", dtype: "F32", shape: [2], read }),
    formatError(/tensor "w": F32 \[2\] does not fit 4 bytes/),
  );
  const huge = new Uint8Array(Float64Array.of(1e300).buffer);
  await assert.rejects(
    entryToF32(entryOf("w", { dtype: "F64", shape: [1], data: huge })),
    formatError(/tensor "w": value 0, 1e\+300, is beyond the range of f32/),
  );
});

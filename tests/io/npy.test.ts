import assert from "node:assert/strict";
import { bytesSource, type NpyArray, openNpy, readNpy, writeNpy } from "@fiedler/io";
import { cpuTime } from "../../tools/bench/cpu_time.ts";
import { fixture, formatError } from "./fixtures.ts";

const values = [0, 1, 2, 100, 7, 3];
const shape = [2, 3];
const arrays: Readonly<Record<string, NpyArray>> = {
  f4: { dtype: "f4", shape, data: Float32Array.from(values) },
  f8: { dtype: "f8", shape, data: Float64Array.from(values) },
  i4: { dtype: "i4", shape, data: Int32Array.from(values) },
  u4: { dtype: "u4", shape, data: Uint32Array.from(values) },
  i8: { dtype: "i8", shape, data: BigInt64Array.from(values.map(BigInt)) },
  u1: { dtype: "u1", shape, data: Uint8Array.from(values) },
  b1: { dtype: "b1", shape, data: Uint8Array.from(values, (value) => Number(value !== 0)) },
  scalar: { dtype: "f4", shape: [], data: Float32Array.of(2.5) },
  vector: { dtype: "i4", shape: [5], data: Int32Array.of(0, 1, 2, 3, 4) },
  empty: { dtype: "f4", shape: [0, 4], data: new Float32Array(0) },
};

/** A version 1 file with this header. */
function file(header: string, dataBytes: number): Uint8Array<ArrayBuffer> {
  const text = `\x93NUMPY\x01\0${String.fromCharCode(header.length & 255, header.length >> 8)}`;
  const bytes = Uint8Array.from(text + header, (letter) => letter.charCodeAt(0));
  const out = new Uint8Array(bytes.length + dataBytes);
  out.set(bytes);
  return out;
}

Deno.test("readNpy() and writeNpy() agree with numpy to the byte", () => {
  for (const [name, array] of Object.entries(arrays)) {
    const bytes = fixture(`images/${name}.npy`);
    assert.deepEqual(readNpy(bytes), array, name);
    assert.deepEqual(writeNpy(array), bytes, name);
  }
});

Deno.test("readNpy() copies, so the file may lie anywhere", () => {
  const bytes = fixture("images/f8.npy");
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const array = readNpy(shifted.subarray(1));
  shifted.fill(255);
  assert.deepEqual(array, arrays.f8);
});

Deno.test("readNpy() reads version 2 and headers in any order", () => {
  const read = readNpy(fixture("images/version2.npy"));
  assert.deepEqual(read, { dtype: "f4", shape: [6], data: Float32Array.from(values) });
  const swapped = file("{'shape':(2,), 'fortran_order':False,'descr':'|u1'}\n", 2);
  assert.deepEqual(readNpy(swapped), { dtype: "u1", shape: [2], data: new Uint8Array(2) });
});

Deno.test("readNpy() refuses what it does not read and says what to save instead", () => {
  const header = (descr: string, order: string, sizes: string) =>
    `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${sizes}), }\n`;
  const whole = fixture("images/f4.npy");
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /does not start with/],
    [whole.subarray(0, 9), /ends after 9 bytes/],
    [whole.subarray(0, 40), /header ends at byte 128 of a file of 40 bytes/],
    [whole.subarray(0, whole.length - 1), /needs 24 bytes but 23 follow/],
    [whole.with(6, 3), /version 3 is not read/],
    [fixture("images/fortran.npy"), /Fortran order .*ascontiguousarray/],
    [fixture("images/big_endian.npy"), /big-endian >f4 is not read; save a.astype\("<f4"\)/],
    [fixture("images/structured.npy"), /structured arrays are not read/],
    [file(header("<c8", "False", "1,"), 8), /dtype "<c8" is not read/],
    [file(header("|f4", "False", "1,"), 4), /dtype "\|f4" is not read/],
    [file(header("<toString", "False", "1,"), 4), /is not read/],
    [file(header("<f4", "false", "1,"), 4), /header must hold just/],
    [file(header("<f4", "False", "1"), 4), /header must hold just/],
    [file(header("<f4", "False", "-1,"), 4), /header must hold just/],
    [file(header("<f4", "False", "99999999999999999999,"), 4), /header must hold just/],
    [file(header("<f4", "False", "4294967296, 4294967296, 4294967296"), 4), /but 4 follow/],
    [file(header("<f4", "False", "2,"), 9), /needs 8 bytes but 9 follow/],
    [file(header("|b1", "False", "1,"), 1).with(-1, 2), /truth value 0 is 2/],
    [file(`${header("<f4", "False", "1,").slice(0, -3)}'x': (1,), }`, 4), /just/],
    [file("{'descr': '<f4', 'descr': '<f4', }", 4), /descr twice/],
    [file("", 0), /header must hold just/],
  ];
  for (const [bytes, message] of cases) {
    assert.throws(() => readNpy(bytes), formatError(message));
  }
});

Deno.test("writeNpy() refuses shapes that do not fit", () => {
  const wrong = { dtype: "f4", shape: [3], data: new Float32Array(2) } as const;
  assert.throws(() => writeNpy(wrong), formatError(/cannot write 2 values as \(3\)/));
  assert.throws(() => writeNpy({ ...wrong, shape: [-1, -2] }), formatError(/cannot write/));
  const truth = { dtype: "b1", shape: [1], data: Uint8Array.of(3) } as const;
  assert.throws(() => writeNpy(truth), formatError(/truth value 0 is 3/));
});

/** What `openNpy` makes of these bytes. */
async function opened(bytes: Uint8Array) {
  const { format, tensors } = await openNpy(bytesSource(bytes));
  assert.deepEqual([format, [...tensors.keys()]], ["npy", ["array"]]);
  const entry = tensors.get("array");
  assert.ok(entry);
  return { dtype: entry.dtype, shape: entry.shape, data: await entry.read() };
}

Deno.test("openNpy() hands out the bytes of the file as one tensor", async () => {
  const dtypes = { f4: "F32", f8: "F64", i4: "I32", u4: "U32", i8: "I64", u1: "U8", b1: "BOOL" };
  for (const [name, { dtype, shape, data }] of Object.entries(arrays)) {
    const bytes = fixture(`images/${name}.npy`);
    const read = await opened(bytes);
    assert.deepEqual([read.dtype, read.shape], [dtypes[dtype], shape], name);
    assert.deepEqual(new Uint8Array(read.data), new Uint8Array(data.buffer), name);
    assert.equal(read.data.buffer, bytes.buffer, "a view, no copy");
  }
  for (const [kind, dtype] of [["f2", "F16"], ["i2", "I16"], ["u2", "U16"], ["u8", "U64"]]) {
    const bytes = file(`{'descr': '<${kind}', 'fortran_order': False, 'shape': (3,), }\n`, 24);
    const whole = bytes.subarray(0, bytes.length - 24 + 3 * Number(kind[1]));
    assert.equal((await opened(whole)).dtype, dtype);
  }
  const small = file("{'descr': '|i1', 'fortran_order': False, 'shape': (1,), }\n", 1);
  assert.equal((await opened(small)).dtype, "I8");
});

Deno.test("openNpy() reads Fortran order as row-major", async () => {
  const { dtype, shape, data } = await opened(fixture("images/fortran.npy"));
  assert.deepEqual([dtype, shape], ["F32", [2, 3]]);
  assert.deepEqual(new Float32Array(new Uint8Array(data).buffer), Float32Array.from(values));

  // Element [i, j, k, l] of [2, 3, 1, 4] lies at i + 2 j + 6 l and gets its row-major number.
  for (
    const [kind, Elements] of [["u1", Uint8Array], ["u2", Uint16Array], ["u8", BigUint64Array]]
  ) {
    const flat = Array.from(
      { length: 24 },
      (_, at) => at % 2 * 12 + (at >> 1) % 3 * 4 + at / 6 | 0,
    );
    const typed = kind === "u8"
      ? BigUint64Array.from(flat.map(BigInt))
      : (Elements as typeof Uint8Array).from(flat);
    const bytes = file(
      `{'descr': '${
        kind === "u1" ? "|" : "<"
      }${kind}', 'fortran_order': True, 'shape': (2, 3, 1, 4), }`,
      typed.byteLength,
    );
    bytes.set(new Uint8Array(typed.buffer), bytes.length - typed.byteLength);
    const read = await opened(bytes);
    const ordered = typed.slice().sort();
    assert.deepEqual(new Uint8Array(read.data), new Uint8Array(ordered.buffer), kind as string);
  }
  const none = file("{'descr': '<f4', 'fortran_order': True, 'shape': (0, 4), }", 0);
  assert.equal((await opened(none)).data.length, 0);
});

Deno.test("openNpy() takes no longer for sizes of one", async () => {
  const ones = "1,".repeat(20_000);
  const bytes = file(`{'descr': '|u1', 'fortran_order': True, 'shape': (1000,2,${ones}), }`, 2000);
  const start = cpuTime();
  assert.equal((await opened(bytes)).data.length, 2000);
  // A step as long as the shape would be 40 million: some 100 ms or more.
  assert.ok(cpuTime() - start < 2000);
});

Deno.test("openNpy() refuses what does not fit", async () => {
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /does not start with/],
    [fixture("images/f4.npy").subarray(0, -1), /F32 \[2,3\] needs 24 bytes but 23 follow/],
    [fixture("images/big_endian.npy"), /big-endian >f4/],
    [
      file("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 9999999999), }", 8),
      /but 8 follow/,
    ],
    [
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 0), }", 0),
      /too large to count/,
    ],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(openNpy(bytesSource(bytes)), formatError(message));
  }
});

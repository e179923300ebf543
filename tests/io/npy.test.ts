import assert from "node:assert/strict";
import { type NpyArray, readNpy, writeNpy } from "@fiedler/io";
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

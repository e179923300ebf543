import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { bytesSource, type NpyArray, openTensorFile, writeNpy } from "@fiedler/io";
import { crc32 } from "../../packages/io/crc32.ts";
import { fixture, formatError } from "./fixtures.ts";
import { assertRefused } from "./hostile.ts";
import { bytesOf } from "./pickle_parts.ts";
import { zipOf, type ZipPart } from "./zip_parts.ts";

const array: NpyArray = { dtype: "f4", shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) };
const npy = writeNpy(array);
const elements = new Uint8Array(array.data.buffer);

function member(name: string, data: Uint8Array = npy): ZipPart {
  return { name, data };
}

function compressed(name: string, data: Uint8Array = npy): ZipPart {
  return { name, data: deflateRawSync(data), method: 8, size: data.length, crc: crc32(data) };
}

// What numpy itself writes is read in torch.test.ts, from fixtures/torch.

Deno.test("openTensorFile() names the arrays of a npz by their members", async () => {
  const parts = [member("keys.npy"), compressed("a/b.npy"), member("__proto__.npy")];
  const file = await openTensorFile(bytesSource(zipOf(parts)));
  assert.equal(file.format, "npz");
  assert.deepEqual([...file.tensors.keys()], ["keys", "a/b", "__proto__"]);
  for (const { dtype, shape, read } of file.tensors.values()) {
    assert.deepEqual([dtype, shape], ["F32", [2, 3]]);
    assert.deepEqual(new Uint8Array(await read()), elements);
  }
});

Deno.test("openTensorFile() reads headers alone, until elements are asked for", async () => {
  const large = writeNpy({ dtype: "u1", shape: [1 << 22], data: new Uint8Array(1 << 22) });
  const bytes = zipOf([member("a.npy", large), member("b.npy", large)]);
  let taken = 0;
  const source = {
    size: bytes.length,
    read: (offset: number, length: number) => {
      taken += length;
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  };
  const { tensors } = await openTensorFile(source);
  // The end of the zip file and the head of each array, 64 KiB each.
  assert.ok(taken < 3.1 * 65536, `${taken} bytes`);
  const read = await tensors.get("b")?.read();
  assert.equal(read?.buffer, bytes.buffer, "a view");
  assert.equal(read?.length, 1 << 22);
});

Deno.test("openTensorFile() checks arrays by their checksum when their elements are read", async () => {
  for (const part of [member("a.npy"), compressed("a.npy")]) {
    const { tensors } = await openTensorFile(bytesSource(zipOf([{ ...part, crc: 7 }])));
    const read = async () => await tensors.get("a")?.read();
    await assert.rejects(read, formatError(/"a.npy" has CRC-32 .*, but 00000007 is declared/));
  }
});

Deno.test("openTensorFile() names the array of a npz that it refuses", async () => {
  const short = npy.slice(0, -1);
  const cases: [ZipPart, RegExp][] = [
    [member("b.npy", short), /npz: "b.npy": npy: F32 \[2,3\] needs 24 bytes but 23 follow/],
    [compressed("b.npy", short), /npz: "b.npy": npy: .*needs 24 bytes but 23 follow/],
    [member("b.npy", bytesOf("")), /npz: "b.npy": npy: does not start with/],
    [member("b.npy", fixture("images/big_endian.npy")), /npz: "b.npy": npy: big-endian/],
    [member("b.npy", fixture("images/structured.npy")), /npz: "b.npy": .*structured arrays/],
    [{ ...compressed("b.npy"), data: bytesOf("\xff\xff") }, /"b.npy" is compressed wrongly/],
    [{ ...compressed("b.npy"), size: npy.length + 9 }, /holds fewer bytes than it declares/],
  ];
  for (const [part, message] of cases) {
    await assertRefused(zipOf([member("a.npy"), part]), message);
  }
});

import assert from "node:assert/strict";
import {
  blobSource,
  type ByteSource,
  bytesSource,
  openNpy,
  openOnnx,
  openSafetensors,
  type TensorFile,
} from "@fiedler/io";
import { fixture, formatError } from "./fixtures.ts";

const READERS: readonly (readonly [string, (source: ByteSource) => Promise<TensorFile>])[] = [
  ["weights/mae-tiny.safetensors", openSafetensors],
  ["images/fortran.npy", openNpy],
  ["images/f8.npy", openNpy],
  ["onnx/tensors.onnx", openOnnx],
];

Deno.test("a file in memory and one in a Blob hold the same tensors", async () => {
  for (const [path, open] of READERS) {
    const bytes = fixture(path);
    const memory = await open(bytesSource(bytes));
    const blob = await open(blobSource(new Blob([bytes])));
    assert.deepEqual([...blob.tensors.keys()], [...memory.tensors.keys()], path);
    assert.deepEqual(blob.others, memory.others);
    for (const [name, entry] of memory.tensors) {
      const [one, other] = [await entry.read(), await blob.tensors.get(name)?.read()];
      assert.deepEqual(other, new Uint8Array(one), `${path} ${name}`);
    }
  }
});

Deno.test("a file that shrinks while it is read is an error, not a shorter tensor", async () => {
  for (const [path, open] of READERS) {
    const bytes = fixture(path);
    let left = bytes.length;
    const file = await open({
      size: bytes.length,
      read: (offset, length) => {
        const end = Math.max(offset, Math.min(offset + length, left));
        return Promise.resolve(bytes.subarray(offset, end));
      },
    });
    left = 0;
    const full = [...file.tensors.values()].filter(({ shape }) => !shape.includes(0));
    for (const entry of full) {
      await assert.rejects(entry.read(), formatError(/did the file change meanwhile/), entry.name);
    }
    assert.ok(full.length > 0, path);
  }
});

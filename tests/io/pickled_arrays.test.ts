import assert from "node:assert/strict";
import { type ByteSource, bytesSource, entryToF32, openTensorFile } from "@fiedler/io";
import { hashed } from "../support/hashed.ts";
import { formatError } from "./fixtures.ts";
import { assertRefused } from "./hostile.ts";
import { call, dict, global, int, pickle, storage, tensor, text, tuple } from "./pickle_parts.ts";

const FIXTURES = new URL("../../fixtures/segmenter/published/", import.meta.url);

for (const protocol of [2, 4]) {
  Deno.test(`openTensorFile() reads arrays pickled by protocol ${protocol}`, async () => {
    const bytes = Deno.readFileSync(new URL(`arrays${protocol}.pkl`, FIXTURES));
    const { format, tensors, others } = await openTensorFile(bytesSource(bytes));
    assert.equal(format, "pickle");
    const names = ["model.stem.conv1.weight", "model.res2.0.conv1.weight"];
    assert.deepEqual([...tensors.keys()], names);
    const [kernel, turned] = names.map((name) => tensors.get(name)!);
    assert.deepEqual([kernel.dtype, kernel.shape], ["F32", [2, 3, 7, 7]]);
    assert.deepEqual(await entryToF32(kernel), hashed("stem", [2, 3, 7, 7]));
    assert.deepEqual([turned.dtype, turned.shape], ["F16", [3, 2]]);
    const halves = hashed("res2", [3, 2]);
    // Rounded to halves: by 2^-11 of a value below 1.
    (await entryToF32(turned)).forEach((value, i) => {
      assert.ok(Math.abs(value - halves[i]) <= 2 ** -11, `${i}: ${value}, ${halves[i]}`);
    });
    assert.equal(others.get("matching_heuristics"), "True");
  });

  Deno.test(`openTensorFile() refuses each cut of arrays of protocol ${protocol}`, async () => {
    const bytes = Deno.readFileSync(new URL(`arrays${protocol}.pkl`, FIXTURES));
    for (let length = 2; length < bytes.length; length += 7) {
      const cut = openTensorFile(bytesSource(bytes.subarray(0, length)));
      await assert.rejects(cut, formatError(/cut short|tensor file|pickle/), String(length));
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    await assertRefused(longer, /a pickle that torch\.save did not write/);
  });
}

/** An array of so many f32 with some bytes, as `__reduce__` and `__setstate__` make it. */
function array(count: number, bytes: string, dtype = "f4"): string {
  const made = call("numpy.core.multiarray._reconstruct", global("numpy.ndarray"), tuple(int(0)));
  const type = `${call("numpy.dtype", text(dtype), int(0), int(1))}${
    tuple(int(3), text("<"), "N", "N", "N", int(-1), int(-1), int(0))
  }b`;
  const data = `B${String.fromCharCode(bytes.length, 0, 0, 0)}${bytes}`;
  return `${made}${tuple(int(1), tuple(int(count)), type, "\x89", data)}b`;
}

Deno.test("openTensorFile() takes an array's size from its bytes alone", async () => {
  const file = await openTensorFile(bytesSource(pickle(dict({ a: array(1, "\0\0\x80?") }))));
  assert.deepEqual(await entryToF32(file.tensors.get("a")!), Float32Array.of(1));
  const hostile: [string, RegExp][] = [
    [array(2 ** 30, "\0\0\x80?"), /array "a" is F32 \[1073741824\], 4294967296 bytes, but holds 4/],
    [array(1, ""), /array "a" is F32 \[1\], 4 bytes, but holds 0/],
    [array(1, "1234", "O"), /did not write/], // objects are told of, not read
    [tensor({ storage: storage("FloatStorage", "0", 2) }), /refers to storages, but has none/],
    [call("os.system", text("true")), /names "os\.system", .* nothing of it was run/],
  ];
  for (const [value, message] of hostile) {
    await assertRefused(pickle(dict({ a: value })), message);
  }
});

Deno.test("openTensorFile() does not read a pickle that is too long for memory", async () => {
  // The head of a pickle that announces 4 GiB of bytes, in a file of 500 GB.
  const head = Uint8Array.of(0x80, 4, 0x8e, 0, 0, 0, 0, 1, 0, 0, 0);
  let taken = 0;
  const source: ByteSource = {
    size: 500e9,
    read: (offset, length) => {
      taken += length;
      const bytes = new Uint8Array(length);
      if (offset === 0) bytes.set(head.subarray(0, length));
      return Promise.resolve(bytes);
    },
  };
  const refused = openTensorFile(source);
  await assert.rejects(refused, formatError(/a pickle of more than 419430400 bytes, .* load it/));
  assert.ok(taken < 1 << 20, `${taken} bytes read`);
});

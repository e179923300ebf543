import assert from "node:assert/strict";
import { survives } from "./fuzz_support.ts";
import { type ByteSource, FormatError, type TensorEntry, type TensorFile } from "@fiedler/io";

const FILE = new Uint8Array(100);

function fileOf(read: TensorEntry["read"]): TensorFile {
  const entry: TensorEntry = { name: "w", dtype: "F32", shape: [2], read };
  return { format: "npy", metadata: {}, tensors: new Map([["w", entry]]), others: new Map() };
}

/** Runs one reader on one file. */
const run = (open: (source: ByteSource) => Promise<TensorFile>) =>
  survives({ open, ratio: 2, free: 1000 }, FILE);

const right = () => Promise.resolve(new Uint8Array(8));

Deno.test("fuzzing takes a file that is read, and one that is refused", async () => {
  assert.equal(await run(() => Promise.resolve(fileOf(right))), true);
  assert.equal(await run(() => Promise.reject(new FormatError("no"))), false);
  const refused = () => Promise.reject(new FormatError("no"));
  assert.equal(await run(() => Promise.resolve(fileOf(refused))), false);
});

Deno.test("fuzzing finds other errors, waste, reads outside and wrong sizes", async () => {
  const cases: [(source: ByteSource) => Promise<TensorFile>, RegExp][] = [
    [() => Promise.reject(new TypeError("undefined")), /undefined/],
    [() => Promise.resolve(fileOf(() => Promise.reject(new RangeError("length")))), /length/],
    [() => Promise.resolve(fileOf(() => Promise.resolve(new Uint8Array(9)))), /9 !== 8/],
    [() => Promise.resolve(fileOf(() => Promise.resolve(new Uint8Array(5000)))), /5000 bytes/],
    [() => Promise.resolve((new Float64Array(200), fileOf(right))), /open: 1600 bytes for 100/],
    [() => Promise.resolve((new ArrayBuffer(4000), fileOf(right))), /open: 4000 bytes for 100/],
    [async (source) => (await source.read(96, 8), fileOf(right)), /asked for 8 bytes at 96/],
    [async (source) => (await source.read(-1, 1), fileOf(right)), /asked for 1 bytes at -1/],
  ];
  for (const [open, message] of cases) {
    await assert.rejects(run(open), { message }, String(message));
  }
});

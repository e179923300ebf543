import assert from "node:assert/strict";
import { type ByteSource, FormatError, openTensorFile } from "@fiedler/io";
import { cpuTime } from "../../tools/bench/cpu_time.ts";

/** The promise for a hostile file, of CPU time. */
const MAX_MS = 1000;
/** Far below what the hostile files ask for, far above what reading a few bytes takes. */
const MAX_HEAP_BYTES = 128 << 20;

/**
 * Opens a hostile file and reads all its tensors: a `FormatError` that says `message`, in time, in
 * little memory, and without reading more of the source than there is.
 */
export async function assertRefused(
  bytes: Uint8Array,
  message: RegExp,
  label = String(message),
): Promise<void> {
  let taken = 0;
  const source: ByteSource = {
    size: bytes.length,
    read: (offset, length) => {
      assert.ok(offset >= 0 && length >= 0 && offset + length <= bytes.length, `${label}: outside`);
      taken += length;
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  };
  const before = Deno.memoryUsage();
  const start = cpuTime();
  const error = await openAll(source).then(() => undefined, (error) => error);
  const elapsed = cpuTime() - start;
  const after = Deno.memoryUsage();
  assert.ok(error instanceof FormatError, `${label}: ${error?.stack ?? "was accepted"}`);
  assert.match(error.message, message);
  assert.ok(error.message.length < 1000, `${label}: a message of ${error.message.length}`);
  assert.ok(elapsed < MAX_MS, `${label}: ${elapsed} ms`);
  const grown = after.heapUsed + after.external - before.heapUsed - before.external;
  assert.ok(grown < MAX_HEAP_BYTES, `${label}: ${grown} bytes of memory`);
  // The end of a zip file is looked for in its last 64 KiB, and read again as what it is.
  assert.ok(taken <= 4 * bytes.length + (64 << 10), `${label}: ${taken} bytes read`);
}

async function openAll(source: ByteSource): Promise<void> {
  const { tensors } = await openTensorFile(source);
  for (const { read } of tensors.values()) await read();
}

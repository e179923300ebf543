import assert from "node:assert/strict";
import { bytesSource, sha256Hex } from "@fiedler/io";
import { sha256Of } from "../../packages/demo/sha256.ts";

Deno.test("sha256Of() is what crypto.subtle says, on both sides of blocks and chunks", async () => {
  // A block has 64 bytes, of which the last needs 9 for itself; a chunk has 2²².
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 2 ** 22, 2 ** 22 + 5]) {
    const bytes = Uint8Array.from({ length }, (_, i) => 7 * i + length);
    assert.equal(await sha256Of(bytesSource(bytes)), await sha256Hex(bytes), `${length} bytes`);
  }
});

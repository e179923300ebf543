import assert from "node:assert/strict";
import type { Grid } from "@fiedler/models";
import type { PreparedPicture } from "@fiedler/pipeline";
import { batches } from "../../packages/pipeline/batches.ts";

function picture(width: number, height: number, level?: number): PreparedPicture {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => level ?? i % 251);
  const size = [height, width] as const;
  return { image: "", id: 1, sha256: "", size, resized: size, pixels: { width, height, data } };
}

/** As a ViT of width 128: the MLP's hidden layer of its tokens is the largest tensor. */
const largestTensorBytes = ([rows, columns]: Grid) => 4 * (rows * columns + 1) * 4 * 128;
const backbones = [{ largestTensorBytes }];
const limits = { patch: 8, cell: 8, bits: false, backbones, most: Infinity, bindingBytes: 2 ** 27 };

Deno.test("batches() groups pictures of one size and leaves flat ones out", () => {
  const pictures = [picture(64, 48), picture(48, 64), picture(64, 48), picture(64, 48, 7)];
  assert.deepEqual(batches(pictures, limits), [[0, 2], [1]]);
  assert.deepEqual(batches(pictures, { ...limits, most: 1 }), [[0], [2], [1]]);
});

Deno.test("batches() keeps the largest tensor within the binding limit", () => {
  const pictures = Array.from({ length: 5 }, () => picture(64, 64));
  // 64 patches: a graph of 4 · 64² bytes, a hidden layer of 4 · 65 · 4 · 128, the larger.
  const bindingBytes = 2 * 4 * 65 * 4 * 128;
  assert.deepEqual(batches(pictures, { ...limits, bindingBytes }), [[0, 1], [2, 3], [4]]);
  // With cells of half a patch the graph is 4 · 256² bytes and decides.
  const finer = { ...limits, cell: 4, bindingBytes: 3 * 4 * 256 ** 2 };
  assert.deepEqual(batches(pictures, finer), [[0, 1, 2], [3, 4]]);
  assert.equal(batches(pictures, { ...finer, bits: true }).length, 1, "a 32nd of that");
  assert.deepEqual(batches(pictures, { ...limits, bindingBytes: 1 }).length, 5);
});

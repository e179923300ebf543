import assert from "node:assert/strict";
import { layerNorm } from "../../kernels/layer_norm/layer_norm.ts";
import * as reference from "../../kernels/layer_norm/reference.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

conformance("layerNorm()", (test) => {
  // 31, 32, 33 straddle the workgroup; 197 × 768 is ViT-B/16 at 224 px.
  for (const [rows, columns] of [[1, 4], [31, 8], [32, 128], [33, 384], [197, 768]]) {
    test(`agrees with f64 on [${rows}, ${columns}]`, async (gpu) => {
      const x = uniform(rows * columns, { seed: rows, low: 3, high: 5 });
      const weight = uniform(columns, { seed: 1 });
      const bias = uniform(columns, { seed: 2 });
      const out = layerNorm(gpu, gpu.upload(x, [rows, columns]), {
        weight: gpu.upload(weight, [columns]),
        bias: gpu.upload(bias, [columns]),
      });
      // The mean of values near 4 is off by up to columns/4 roundings of 2^-24 · 4, that is
      // 5e-5 of the standard deviation 0.58 at 768 columns in the worst case; 2e-5 observed bound.
      assertClose(
        await gpu.read(out),
        reference.layerNorm(x, weight, bias, rows, columns),
        { absolute: 2e-5 },
      );
    });
  }

  test("keeps a constant row finite", async (gpu) => {
    const x = gpu.upload(new Float32Array(8).fill(7), [1, 8]);
    const ones = gpu.upload(new Float32Array(8).fill(1), [8]);
    assertClose(await gpu.read(layerNorm(gpu, x, { weight: ones, bias: ones })), Array(8).fill(1), {
      absolute: 1e-6,
    });
  });

  test("rejects columns that are no multiple of 4", (gpu) => {
    const row = gpu.empty([6]);
    assert.throws(() => layerNorm(gpu, gpu.empty([2, 6]), { weight: row, bias: row }), {
      message: "layerNorm: columns must be a multiple of 4, got 6",
    });
  });
});

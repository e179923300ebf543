import assert from "node:assert/strict";
import { type Gpu, openPlanner, PORTABLE_DEVICE } from "@fiedler/gpu";
import {
  layerNorm,
  type LayerNormForm,
  layerNormForm,
} from "../../kernels/layer_norm/layer_norm.ts";
import * as reference from "../../kernels/layer_norm/reference.ts";
import { assertClose, conformance, hostTest } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

/** Lanes keep at most 32 quads of a row each. */
const formsOf = (gpu: Gpu, columns: number): LayerNormForm[] =>
  columns > 4 * 32 * (gpu.adapter.subgroupSize ?? 0)
    ? ["invocation", "workgroup"]
    : ["invocation", "subgroup", "workgroup"];

conformance("layerNorm()", (test) => {
  // 15, 16, 17 and 31, 32, 33 straddle the rows of a workgroup. Columns of one quad, of fewer quads
  // than lanes, of 97, the last of them alone, and of ViT-B/16, 197 × 768 at 224 px.
  const sizes = [[1, 4], [15, 8], [16, 128], [17, 388], [31, 4], [32, 128], [33, 388], [197, 768]];
  for (const [rows, columns] of sizes) {
    test(`agrees with f64 on [${rows}, ${columns}]`, async (gpu) => {
      const x = uniform(rows * columns, { seed: rows, low: 3, high: 5 });
      const weight = uniform(columns, { seed: 1 });
      const bias = uniform(columns, { seed: 2 });
      const expected = reference.layerNorm(x, weight, bias, rows, columns);
      for (const form of formsOf(gpu, columns)) {
        const out = layerNorm(
          gpu,
          gpu.upload(x, [rows, columns]),
          { weight: gpu.upload(weight, [columns]), bias: gpu.upload(bias, [columns]) },
          1e-6,
          form,
        );
        // The mean of values near 4 is off by up to columns/4 roundings of 2^-24 · 4, that is
        // 5e-5 of the standard deviation 0.58 at 768 columns in the worst case; 2e-5 observed bound.
        assertClose(await gpu.read(out), expected, { absolute: 2e-5 });
      }
    });
  }

  test("keeps the digits of rows far from zero", async (gpu) => {
    const [rows, columns] = [3, 384];
    const x = uniform(rows * columns, { seed: 5, low: 999, high: 1001 });
    const ones = new Float32Array(columns).fill(1);
    const zeros = new Float32Array(columns);
    const expected = reference.layerNorm(x, ones, zeros, rows, columns);
    for (const form of formsOf(gpu, columns)) {
      const weights = { weight: gpu.upload(ones, [columns]), bias: gpu.upload(zeros, [columns]) };
      const out = layerNorm(gpu, gpu.upload(x, [rows, columns]), weights, 1e-6, form);
      // At most 96 + 2 roundings of 2^-24 · 1000 in the mean, 0.006, over a deviation of 0.58. A
      // variance of squares less the square of the mean would lose 2^-24 · 1e6 of 0.33 a rounding.
      assertClose(await gpu.read(out), expected, { absolute: 0.011 });
    }
  });

  test("takes rows too wide for a subgroup's registers", async (gpu) => {
    const [rows, columns] = [2, 4 * 32 * (gpu.adapter.subgroupSize ?? 1) + 4];
    assert.equal(layerNormForm(gpu, columns), gpu.adapter.software ? "invocation" : "workgroup");
    const x = uniform(rows * columns, { seed: 6 });
    const weight = uniform(columns, { seed: 7 });
    const weights = { weight: gpu.upload(weight, [columns]), bias: gpu.upload(weight, [columns]) };
    assert.throws(() => layerNorm(gpu, gpu.empty([rows, columns]), weights, 1e-6, "subgroup"), {
      name: "ShapeError",
      message: /^layerNorm: form subgroup needs .* for \d+ columns; leave the form out$/,
    });
    assertClose(
      await gpu.read(layerNorm(gpu, gpu.upload(x, [rows, columns]), weights)),
      reference.layerNorm(x, weight, weight, rows, columns),
      { absolute: 2e-5 }, // as above
    );
  });

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

hostTest(
  "layerNormForm() keeps rows in registers where loads are dear and lanes many",
  async () => {
    const form = async (report: Partial<typeof PORTABLE_DEVICE.adapter>, columns: number) =>
      layerNormForm(
        await openPlanner({
          device: { ...PORTABLE_DEVICE.device, features: new Set(["subgroups"]) },
          adapter: { ...PORTABLE_DEVICE.adapter, ...report },
        }),
        columns,
      );
    assert.equal(await form({ software: true, subgroupSize: 8 }, 1024), "subgroup");
    assert.equal(await form({ software: true, subgroupSize: 8 }, 1028), "invocation");
    assert.equal(await form({ software: true, subgroupSize: 4 }, 8), "invocation");
    assert.equal(await form({ software: true, subgroupSize: null }, 8), "invocation");
    assert.equal(await form({ vendor: "nvidia", subgroupSize: 32 }, 8), "workgroup");
  },
);

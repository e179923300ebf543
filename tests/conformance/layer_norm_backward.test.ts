import assert from "node:assert/strict";
import {
  layerNormBackward,
  layerNormBackwardForms,
} from "../../kernels/layer_norm/layer_norm_backward.ts";
import * as forward from "../../kernels/layer_norm/reference.ts";
import * as reference from "../../kernels/layer_norm/reference_backward.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

function operands(rows: number, columns: number) {
  return {
    x: uniform(rows * columns, { seed: rows, low: 3, high: 5 }),
    weight: uniform(columns, { seed: 1, low: 0.5, high: 1.5 }),
    dOut: uniform(rows * columns, { seed: 2 }),
  };
}

conformance("layerNormBackward()", (test) => {
  // Rows either side of a workgroup's 2, 16 and 64, and of the 64 of a slice; a slice of slices;
  // columns of one quad, of fewer and of more quads than lanes, and too many for a subgroup of 8.
  for (
    const [rows, columns] of [[1, 4], [3, 388], [63, 8], [64, 96], [65, 128], [4100, 4], [2, 772]]
  ) {
    test(`agrees with f64 on [${rows}, ${columns}], each form`, async (gpu) => {
      const { x, weight, dOut } = operands(rows, columns);
      const expected = reference.layerNormBackward(dOut, { x, weight }, rows, columns);
      const record = { x: gpu.upload(x, [rows, columns]), weight: gpu.upload(weight, [columns]) };
      const d = gpu.upload(dOut, [rows, columns]);
      const options = layerNormBackwardForms(gpu, columns).flatMap((form) =>
        (form === "lanes" ? [1, 32] : [1]).map((lanes) => ({ form, lanes }))
      );
      for (const option of options) {
        const { dx, dWeight, dBias } = layerNormBackward(gpu, d, record, option);
        // The deviation of values near 4 may be small in a row of 4: what is left of dx is then a
        // difference of numbers as large as 1 / deviation.
        const scale = Math.max(...expected.dx.map(Math.abs), 1);
        assertClose(await gpu.read(dx), expected.dx, { absolute: 2e-5 * scale });
        // Normals are off by up to 2e-5 (see layerNorm), random in sign over the rows.
        const sums = { absolute: 4e-5 * Math.sqrt(rows) };
        assertClose(await gpu.read(dWeight), expected.dWeight, sums);
        assertClose(await gpu.read(dBias), expected.dBias, sums);
      }
    });
  }

  test("has a gradient that finite differences confirm", () => {
    const [rows, columns] = [3, 8];
    const { x, weight, dOut } = operands(rows, columns);
    const bias = uniform(columns, { seed: 3 });
    const found = reference.layerNormBackward(dOut, { x, weight }, rows, columns);
    const loss = (x: ArrayLike<number>, weight: ArrayLike<number>, bias: ArrayLike<number>) =>
      dot(forward.layerNorm(x, weight, bias, rows, columns), dOut);
    const numeric = {
      dx: finiteDifferences((at) => loss(at, weight, bias), x),
      dWeight: finiteDifferences((at) => loss(x, at, bias), weight),
      dBias: finiteDifferences((at) => loss(x, weight, at), bias),
    };
    for (const key of ["dx", "dWeight", "dBias"] as const) {
      assertClose(found[key], numeric[key], { absolute: 1e-6 });
    }
  });

  test("gives a row the same bits in any company", async (gpu) => {
    const { x, weight, dOut } = operands(70, 64);
    const all = { x: gpu.upload(x, [70, 64]), weight: gpu.upload(weight, [64]) };
    const one = { ...all, x: gpu.upload(x.slice(64 * 64, 65 * 64), [1, 64]) };
    const dOne = gpu.upload(dOut.slice(64 * 64, 65 * 64), [1, 64]);
    const [both, single] = await gpu.readAll([
      layerNormBackward(gpu, gpu.upload(dOut, [70, 64]), all).dx,
      layerNormBackward(gpu, dOne, one).dx,
    ]);
    assertSame(both.slice(64 * 64, 65 * 64), single);
  });

  test("rejects other shapes", (gpu) => {
    const record = { x: gpu.empty([2, 6]), weight: gpu.empty([6]) };
    assert.throws(() => layerNormBackward(gpu, gpu.empty([2, 6]), record), {
      name: "ShapeError",
      message: "layerNormBackward: columns must be a multiple of 4, got 6",
    });
    assert.throws(() => layerNormBackward(gpu, gpu.empty([2, 8]), record), {
      message: "layerNormBackward: dOut must be [2, 6], got [2, 8]",
    });
    const wide = 4 * 24 * (gpu.adapter.subgroupSize ?? 1) + 4;
    const rows = { x: gpu.empty([1, wide]), weight: gpu.empty([wide]) };
    assert.throws(
      () => layerNormBackward(gpu, gpu.empty([1, wide]), rows, { form: "subgroup" }),
      { message: /^layerNormBackward: form subgroup needs .* columns; leave the form out$/ },
    );
  });
});

import assert from "node:assert/strict";
import {
  linearBackwardBias,
  linearBackwardData,
  linearBackwardWeight,
} from "../../kernels/linear/linear_backward.ts";
import * as reference from "../../kernels/linear/reference.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

function operands({ rows, from, to }: reference.LinearSizes) {
  return {
    x: uniform(rows * from, { seed: rows }),
    weight: uniform(from * to, { seed: from }),
    dOut: uniform(rows * to, { seed: to }),
  };
}

conformance("linearBackward…()", (test) => {
  // Rows that are no multiple of 4, widths that leave tiles part empty, more rows than a slice.
  for (const [rows, from, to] of [[1, 4, 4], [37, 12, 20], [130, 192, 96]]) {
    test(`agree with f64 on [${rows}, ${from}] → ${to}`, async (gpu) => {
      const { x, weight, dOut } = operands({ rows, from, to });
      const d = gpu.upload(dOut, [rows, to]);
      const expected = reference.linearBackward(dOut, { x, weight }, { rows, from, to });
      const [dx, dWeight, dBias] = await gpu.readAll([
        linearBackwardData(gpu, d, gpu.upload(weight, [from, to])),
        linearBackwardWeight(gpu, gpu.upload(x, [rows, from]), d),
        linearBackwardBias(gpu, d),
      ]);
      // Sums of n products below 1: each of n additions rounds by 2^-24 of about √n.
      assertClose(dx, expected.dx, { absolute: 2 ** -24 * to });
      assertClose(dWeight, expected.dWeight, { absolute: 2 ** -24 * rows });
      assertClose(dBias, expected.dBias, { absolute: 2 ** -24 * rows });
    });
  }

  test("are gradients that finite differences confirm", () => {
    const sizes = { rows: 3, from: 4, to: 5 };
    const { x, weight, dOut } = operands(sizes);
    const bias = uniform(5, { seed: 9 });
    const found = reference.linearBackward(dOut, { x, weight }, sizes);
    const loss = (x: ArrayLike<number>, weight: ArrayLike<number>, bias: ArrayLike<number>) =>
      dot(reference.linear(x, weight, bias, sizes), dOut);
    const close = { absolute: 1e-10 }; // linear in each: no truncation
    assertClose(found.dx, finiteDifferences((at) => loss(at, weight, bias), x), close);
    assertClose(found.dWeight, finiteDifferences((at) => loss(x, at, bias), weight), close);
    assertClose(found.dBias, finiteDifferences((at) => loss(x, weight, at), bias), close);
  });

  test("reject other shapes", (gpu) => {
    assert.throws(() => linearBackwardWeight(gpu, gpu.empty([3, 4]), gpu.empty([2, 4])), {
      name: "ShapeError",
      message: "linearBackwardWeight: dOut must be [3, to], got [2, 4]",
    });
    assert.throws(() => linearBackwardWeight(gpu, gpu.empty([3, 4]), gpu.empty([3, 6])), {
      message: "linearBackwardWeight: needs rows, and columns of dOut a multiple of 4, got [3, 6]",
    });
  });
});

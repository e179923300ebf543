import assert from "node:assert/strict";
import { l2NormaliseBackward } from "../../kernels/l2_normalise/l2_normalise_backward.ts";
import * as reference from "../../kernels/l2_normalise/reference.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

conformance("l2NormaliseBackward()", (test) => {
  // Rows either side of a workgroup's 2 and 64; fewer and more columns than lanes.
  for (const [rows, columns] of [[1, 3], [3, 128], [65, 33]]) {
    test(`agrees with f64 on [${rows}, ${columns}], by one lane and by many`, async (gpu) => {
      const x = uniform(rows * columns, { seed: rows });
      const dOut = uniform(rows * columns, { seed: 2 });
      if (rows > 1) x.fill(0, 0, columns);
      const expected = reference.l2NormaliseBackward(dOut, x, columns);
      const [d, given] = [dOut, x].map((values) => gpu.upload(values, [rows, columns]));
      for (const lanes of [1, 32]) {
        const dx = await gpu.read(l2NormaliseBackward(gpu, d, given, { lanes }));
        // Sums of up to 128 terms and a root: 40 roundings of what dOut / ‖x‖ is at most.
        assertClose(dx, expected, { relative: 40 * 2 ** -24 });
      }
    });
  }

  test("has a gradient that finite differences confirm", () => {
    const [x, dOut] = [uniform(12, { seed: 1 }), uniform(12, { seed: 2 })];
    const numeric = finiteDifferences((at) => dot(reference.l2Normalise(at, 4), dOut), x);
    assertClose(reference.l2NormaliseBackward(dOut, x, 4), numeric, { absolute: 1e-6 });
  });

  test("rejects other shapes", (gpu) => {
    assert.throws(() => l2NormaliseBackward(gpu, gpu.empty([2, 3]), gpu.empty([2, 4])), {
      name: "ShapeError",
      message: "l2NormaliseBackward: dOut must be [2, 4], got [2, 3]",
    });
  });
});

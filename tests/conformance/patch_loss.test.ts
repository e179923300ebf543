import assert from "node:assert/strict";
import { patchTargets } from "../../kernels/patch_targets/patch_targets.ts";
import * as targets from "../../kernels/patch_targets/reference.ts";
import * as reference from "../../kernels/squared_error/reference.ts";
import {
  meanSquaredError,
  meanSquaredErrorBackward,
} from "../../kernels/squared_error/squared_error.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import { finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

conformance("patchTargets()", (test) => {
  // Rows either side of a workgroup's 2 and 64; patches of 8 pixels, of 8 × 8 and of 16 × 16 colours.
  for (const [rows, columns] of [[1, 8], [3, 768], [65, 192]]) {
    test(`agrees with f64 on [${rows}, ${columns}], by one lane and by many`, async (gpu) => {
      const x = uniform(rows * columns, { seed: rows });
      x.fill(0.3, 0, columns); // a flat patch stays flat
      const expected = targets.patchTargets(x, columns, 1e-3);
      const given = gpu.upload(x, [rows, columns]);
      for (const lanes of [1, 32]) {
        const out = await gpu.read(patchTargets(gpu, given, { lanes }));
        // The mean of 192 values errs by some 192 / 4 roundings of 2^-24, as layerNorm's does; over a
        // deviation of 0.03 at least.
        assertClose(out, expected, { absolute: columns / 4 * 2 ** -24 / 0.03 });
      }
    });
  }

  test("rejects columns that are no multiple of 4", (gpu) => {
    assert.throws(() => patchTargets(gpu, gpu.empty([1, 10])), {
      name: "ShapeError",
      message: "patchTargets: columns must be a multiple of 4 from 8 on, got 10",
    });
  });
});

conformance("meanSquaredError()", (test) => {
  // Within a quad, and more than one workgroup and 256 of them.
  for (const count of [1, 1027, 300_000]) {
    test(`and its gradient agree with f64 on ${count} elements`, async (gpu) => {
      const [x, wanted] = [uniform(count, { seed: 1 }), uniform(count, { seed: 2 })];
      const [a, b] = [gpu.upload(x, [count]), gpu.upload(wanted, [count])];
      const [loss, dx] = await gpu.readAll([
        meanSquaredError(gpu, a, b),
        meanSquaredErrorBackward(gpu, a, b),
      ]);
      // At most 19 terms an invocation, a tree of 6 and another sum of 4 + 6.
      assertClose(loss, [reference.meanSquaredError(x, wanted)], { relative: 35 * 2 ** -24 });
      const expected = reference.meanSquaredErrorBackward(x, wanted);
      assertClose(dx, expected, { relative: 3 * 2 ** -24 });
    });
  }

  test("has a gradient that finite differences confirm", () => {
    const [x, wanted] = [uniform(9, { seed: 1 }), uniform(9, { seed: 2 })];
    const numeric = finiteDifferences((at) => reference.meanSquaredError(at, wanted), x);
    assertClose(reference.meanSquaredErrorBackward(x, wanted), numeric, { absolute: 1e-10 });
  });

  test("rejects other shapes and none", (gpu) => {
    assert.throws(() => meanSquaredError(gpu, gpu.empty([2]), gpu.empty([3])), {
      name: "ShapeError",
      message: "meanSquaredError: wanted must be [2], got [3]",
    });
    assert.throws(() => meanSquaredErrorBackward(gpu, gpu.empty([0]), gpu.empty([0])), {
      name: "RangeError",
      message: "meanSquaredErrorBackward: x has no elements",
    });
  });
});

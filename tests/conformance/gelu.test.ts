import assert from "node:assert/strict";
import { gelu, geluBackward } from "../../kernels/gelu/gelu.ts";
import * as reference from "../../kernels/gelu/reference.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

conformance("gelu()", (test) => {
  // Lengths within a quad, and either side of a workgroup of 64 quads.
  for (const count of [1, 6, 256, 1003]) {
    test(`and its gradient agree with f64 on ${count} elements`, async (gpu) => {
      const x = uniform(count, { seed: count, low: -7, high: 7 });
      const dOut = uniform(count, { seed: 1 });
      x[0] = 0;
      const [given, d] = [gpu.upload(x, [count]), gpu.upload(dOut, [count])];
      const [out, dx] = await gpu.readAll([gelu(gpu, given), geluBackward(gpu, d, given)]);
      // erf is off by 1.5e-7, times |x| / 2 ≤ 3.5; some roundings of values up to 7.
      assertClose(out, reference.gelu(x), { absolute: 7 * (1.5e-7 + 4 * 2 ** -24) });
      // The same of Φ; x φ(x) ≤ 0.25 with an exponent up to 25 that is rounded.
      assertClose(dx, reference.geluBackward(dOut, x), { absolute: 1.5e-6 });
    });
  }

  test("has a gradient that finite differences confirm", () => {
    const [x, dOut] = [uniform(40, { seed: 2, low: -5, high: 5 }), uniform(40, { seed: 3 })];
    const numeric = finiteDifferences((at) => dot(reference.gelu(at), dOut), x);
    assertClose(reference.geluBackward(dOut, x), numeric, { absolute: 1e-7 });
  });

  test("rejects a gradient of another shape", (gpu) => {
    assert.throws(() => geluBackward(gpu, gpu.empty([2, 3]), gpu.empty([3, 2])), {
      name: "ShapeError",
      message: "geluBackward: x must be [2, 3], got [3, 2]",
    });
  });
});

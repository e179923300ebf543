import assert from "node:assert/strict";
import { add, reluBackward } from "../../kernels/elementwise/elementwise.ts";
import * as reference from "../../kernels/elementwise/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

// Ragged quads, and both sides of the 64 quads of a workgroup.
const COUNTS = [1, 3, 4, 255, 256, 257];

conformance("add()", (test) => {
  for (const count of COUNTS) {
    test(`agrees with f64 on [${count}]`, async (gpu) => {
      const [a, b] = [1, 2].map((seed) => uniform(count, { seed: seed * count }));
      const out = add(gpu, gpu.upload(a, [1, count]), gpu.upload(b, [1, count]));
      assert.deepEqual(out.shape, [1, count]);
      // One rounding of a sum below 2.
      assertClose(await gpu.read(out), reference.add(a, b), { absolute: 2 ** -24 });
    });
  }

  test("runs more workgroups than one axis holds", async (gpu) => {
    const count = 65_536 * 64 * 4 + 8;
    const a = gpu.upload(new Float32Array(count).fill(1), [count]);
    const off = (await gpu.read(add(gpu, a, a))).findIndex((value) => value !== 2);
    assert.equal(off, -1, `element ${off}`);
  });

  test("rejects other shapes", (gpu) => {
    assert.throws(() => add(gpu, gpu.empty([2, 3]), gpu.empty([3, 2])), {
      name: "ShapeError",
      message: "add: b must be [2, 3], got [3, 2]",
    });
  });
});

conformance("reluBackward()", (test) => {
  for (const count of COUNTS) {
    test(`is the gradient of max(x, 0) on [${count}]`, async (gpu) => {
      const x = uniform(count, { seed: count });
      const dOut = uniform(count, { seed: count + 1 });
      if (count > 4) x[3] = 0; // no gradient exactly there
      const out = x.map((value) => Math.max(value, 0));
      const dx = await gpu.read(
        reluBackward(gpu, gpu.upload(dOut, [count]), gpu.upload(out, [count])),
      );
      const expected = reference.reluBackward(dOut, out);
      assertSame(dx, expected);
      const loss = (at: Float64Array) =>
        at.reduce((sum, v, i) => sum + Math.max(v, 0) * dOut[i], 0);
      const slopes = finiteDifferences(loss, x, 1e-7); // a step that crosses no other zero
      if (count > 4) slopes[3] = 0;
      assertClose(expected, slopes, { relative: 1e-6 });
    });
  }

  test("rejects other shapes", (gpu) => {
    assert.throws(() => reluBackward(gpu, gpu.empty([4]), gpu.empty([8])), {
      name: "ShapeError",
      message: "reluBackward: out must be [4], got [8]",
    });
  });
});

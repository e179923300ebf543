import assert from "node:assert/strict";
import * as entropyReference from "../../kernels/entropy/reference.ts";
import { rowEntropy } from "../../kernels/entropy/row_entropy.ts";
import * as reference from "../../kernels/sinkhorn/reference.ts";
import { sinkhorn } from "../../kernels/sinkhorn/sinkhorn.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

conformance("sinkhorn()", (test) => {
  // Rows and columns either side of a workgroup's 2 and 64, and of the lanes.
  for (const [rows, columns] of [[1, 5], [3, 65], [66, 33]]) {
    test(`agrees with f64 on [${rows}, ${columns}], by one lane and by many`, async (gpu) => {
      const x = uniform(rows * columns, { seed: rows });
      const given = gpu.upload(x, [rows, columns]);
      for (const iterations of [1, 3]) {
        const options = { temperature: 0.04, iterations };
        const expected = reference.sinkhorn(x, columns, options);
        for (const lanes of [1, 32]) {
          const out = await gpu.read(sinkhorn(gpu, given, { ...options, lanes }));
          // Exponents of up to 50 and logarithms of their sums, each rounded by 2^-24 of that, a
          // dozen of them.
          assertClose(out, expected, { absolute: 12 * 50 * 2 ** -24 });
        }
      }
    });
  }

  test("evens out columns that a softmax of rows would leave empty", async (gpu) => {
    const [rows, columns] = [40, 4];
    const x = uniform(rows * columns, { seed: 1 });
    for (let row = 0; row < rows; row++) x[row * columns] += 3; // one column that all prefer
    const given = gpu.upload(x, [rows, columns]);
    const q = await gpu.read(sinkhorn(gpu, given, { temperature: 0.5, iterations: 20 }));
    const shares = [0, 1, 2, 3].map((column) =>
      q.reduce((sum, value, at) => at % columns === column ? sum + value : sum, 0)
    );
    assertClose(shares, [10, 10, 10, 10], { absolute: 1e-3 });
  });

  test("rejects a temperature of 0 and no iterations", (gpu) => {
    assert.throws(() => sinkhorn(gpu, gpu.empty([1, 2]), { temperature: 0 }), {
      name: "RangeError",
      message: "sinkhorn: needs elements and a positive temperature, got [1, 2] and 0",
    });
    assert.throws(() => sinkhorn(gpu, gpu.empty([1, 2]), { temperature: 1, iterations: 0 }), {
      message: "sinkhorn: iterations must be a whole number from 1 on, got 0",
    });
  });
});

conformance("rowEntropy()", (test) => {
  for (const [rows, columns] of [[1, 3], [3, 256], [65, 33]]) {
    test(`agrees with f64 on [${rows}, ${columns}], by one lane and by many`, async (gpu) => {
      const x = uniform(rows * columns, { seed: rows, low: 0, high: 2 });
      x[0] = 0;
      const expected = entropyReference.rowEntropy(x, columns, 1 / columns);
      const given = gpu.upload(x, [rows, columns]);
      for (const lanes of [1, 32]) {
        const out = await gpu.read(rowEntropy(gpu, given, { scale: 1 / columns, lanes }));
        // WGSL's log is off by 2^-21 between 0.5 and 2 and by 3 ulp elsewhere; sums by 256 · 2^-24.
        assertClose(out, expected, { relative: 2e-5 });
      }
    });
  }
});

import assert from "node:assert/strict";
import {
  crossEntropy,
  crossEntropyBackward,
  NO_TARGET,
} from "../../kernels/cross_entropy/cross_entropy.ts";
import * as reference from "../../kernels/cross_entropy/reference.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import { finiteDifferences } from "../support/gradients.ts";
import { integers, uniform } from "../support/random.ts";

const SOURCES = 5;

/** Rows with two targets, with one, and with the same one twice. */
function operands(rows: number, columns: number, temperature = 0.1) {
  const index = integers(2 * rows, { seed: rows, limit: SOURCES });
  const pairs = Array.from({ length: rows }, (_, i): [number, number] => [
    index[2 * i],
    i % 3 === 1 ? NO_TARGET : index[2 * i + 1],
  ]);
  return {
    x: uniform(rows * columns, { seed: columns }),
    arrays: {
      ...{ columns, pairs, temperature, scale: 1 / rows },
      targets: uniform(SOURCES * columns, { seed: 3, low: 0, high: 2 / columns }),
    },
  };
}

conformance("crossEntropy()", (test) => {
  // Rows either side of a workgroup's 2 and 64; fewer and more columns than lanes.
  for (const [rows, columns] of [[1, 3], [3, 256], [65, 33]]) {
    test(`and its gradient agree with f64 on [${rows}, ${columns}], by one lane and by many`, async (gpu) => {
      const { x, arrays } = operands(rows, columns);
      const given = gpu.upload(x, [rows, columns]);
      const against = {
        targets: gpu.upload(arrays.targets, [SOURCES, columns]),
        pairs: gpu.upload(Uint32Array.from(arrays.pairs.flat()), [rows, 2]),
      };
      for (const lanes of [1, 32]) {
        const options = { temperature: 0.1, scale: 1 / rows, lanes };
        const [loss, dx] = await gpu.readAll([
          crossEntropy(gpu, given, against, options),
          crossEntropyBackward(gpu, given, against, options),
        ]);
        // Exponents down to −20 are off by 20 · 2^-24 and WGSL's exp by as much again; sums of up to
        // 256 terms by 256 · 2^-24 at worst.
        assertClose(loss, [reference.crossEntropy(x, arrays)], { relative: 2e-5 });
        assertClose(dx, reference.crossEntropyBackward(x, arrays), { relative: 2e-5 });
      }
    });
  }

  test("stays finite where logits are far apart", async (gpu) => {
    const x = Float32Array.of(1, -1, 0.5, 0);
    const arrays = { columns: 4, pairs: [[0, 0] as const], temperature: 0.005, scale: 1 };
    const targets = Float32Array.of(0.1, 0.2, 0.3, 0.4);
    const against = {
      targets: gpu.upload(targets, [1, 4]),
      pairs: gpu.upload(Uint32Array.of(0, NO_TARGET), [1, 2]),
    };
    const loss = crossEntropy(gpu, gpu.upload(x, [1, 4]), against, arrays);
    const pairs = [[0, NO_TARGET]] as const;
    const expected = reference.crossEntropy(x, { ...arrays, targets, pairs });
    assertClose(await gpu.read(loss), [expected], { relative: 1e-6 });
  });

  test("has a gradient that finite differences confirm", () => {
    const { x, arrays } = operands(4, 6, 0.7);
    const numeric = finiteDifferences((at) => reference.crossEntropy(at, arrays), x);
    assertClose(reference.crossEntropyBackward(x, arrays), numeric, { absolute: 1e-7 });
  });

  test("rejects other shapes and temperatures", (gpu) => {
    const x = gpu.empty([2, 3]);
    const against = { targets: gpu.empty([5, 4]), pairs: gpu.zeros([2, 2], "u32") };
    assert.throws(() => crossEntropy(gpu, x, against, { temperature: 1, scale: 1 }), {
      name: "ShapeError",
      message: "crossEntropy: targets must be [sources, 3], got [5, 4]",
    });
    const good = { ...against, targets: gpu.empty([5, 3]) };
    assert.throws(() => crossEntropyBackward(gpu, x, good, { temperature: 0, scale: 1 }), {
      name: "RangeError",
      message: "crossEntropyBackward: temperature must be a positive number, got 0",
    });
  });
});

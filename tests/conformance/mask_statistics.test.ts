import assert from "node:assert/strict";
import { maskStatistics } from "../../kernels/mask_statistics/mask_statistics.ts";
import * as reference from "../../kernels/mask_statistics/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

conformance("maskStatistics()", (test) => {
  // One pixel, one short of a word, a word, one more; words on both sides of a workgroup of 64.
  for (
    const [masks, height, width] of [[1, 1, 1], [3, 1, 31], [2, 4, 8], [5, 3, 11], [2, 23, 89], [
      2,
      40,
      52,
    ]]
  ) {
    for (const threshold of [0.5, 0.3]) {
      test(`agrees with f64 on [${masks}, ${height}, ${width}] at ${threshold}`, async (gpu) => {
        const logits = uniform(masks * height * width, { seed: width, low: -4, high: 4 });
        const found = maskStatistics(gpu, gpu.upload(logits, [masks, height, width]), threshold);
        const [bits, counts, means] = await gpu.readAll([found.bits, found.counts, found.means]);
        const expected = reference.maskStatistics(logits, height * width, threshold);
        assertSame(bits, expected.bits);
        assertSame(counts, expected.counts);
        // A probability is good to 2 ulp of exp and 3 more operations, its sum to 32 terms of a word
        // and log2(64) of the tree, and the quotient to 2.5 ulp: below 50 · 2^-24.
        assertClose(means, expected.means, { absolute: 3e-6 });
      });
    }
  }

  test("takes saturated logits, and gives a mask without pixels the mean 0", async (gpu) => {
    const logits = Float32Array.of(-200, -0, 0, -1e-30, 200, 1e-30, -200, 90);
    const { bits, counts, means } = maskStatistics(gpu, gpu.upload(logits, [2, 1, 4]), 0.5);
    assertSame(await gpu.read(bits), [0, 0b1011]);
    assertSame(await gpu.read(counts), [0, 3]);
    // (1 + 1/2 + 1) / 3, rounded once more than the terms.
    assertClose(await gpu.read(means), [0, 2.5 / 3], { absolute: 3e-7 });
  });

  test("refuses a threshold that no logit has", (gpu) => {
    for (const threshold of [0, 1, NaN]) {
      assert.throws(() => maskStatistics(gpu, gpu.empty([1, 1, 4]), threshold), {
        name: "RangeError",
        message: `maskStatistics: threshold must lie between 0 and 1, got ${threshold}`,
      });
    }
  });
});

import assert from "node:assert/strict";
import { thin } from "../../packages/report/thin.ts";
import { sampleMetrics } from "./sample_training.ts";

Deno.test("thin() puts each step into one bin, in order, whatever the numbers", () => {
  for (const steps of [0, 1, 2, 179, 180, 181, 359, 361, 60_000]) {
    const bins = thin(sampleMetrics(steps), 180);
    assert.equal(bins.length, Math.min(180, steps));
    let next = 1;
    for (const { first, last } of bins) {
      assert.equal(first, next);
      assert.ok(last >= first && last - first + 1 - steps / bins.length < 1);
      next = last + 1;
    }
    assert.equal(next, steps + 1);
  }
});

Deno.test("thin() gives median, nine in ten and the largest; null where no step has a value", () => {
  const [base] = sampleMetrics(1);
  // 1 to 21 in a mixed order: median 11; the 20 steps from least to most have 2 and 20 at 1 and 19.
  const values = Array.from({ length: 21 }, (_, i) => (i * 8) % 21 + 1);
  const steps = values.map((total, i) => ({ ...base, step: i + 1, total, dice: null }));
  const [bin] = thin(steps, 1);
  assert.deepEqual(bin.values.total, { median: 11, low: 2, high: 20, most: 21 });
  assert.equal(bin.values.dice, null);
});

Deno.test("thin() looks at the steps that have a value", () => {
  const [base] = sampleMetrics(1);
  const steps = [4, null, 8].map((dice, i) => ({ ...base, step: i + 1, dice }));
  assert.equal(thin(steps, 1)[0].values.dice?.median, 6);
});

Deno.test("thin() refuses steps out of order and values that are not finite, by name", () => {
  const steps = sampleMetrics(3);
  assert.throws(() => thin([steps[1], steps[0]], 9), {
    name: "RangeError",
    message: "training: steps must rise from 1, got 1 after 2",
  });
  assert.throws(() => thin([{ ...steps[0], total: NaN }], 9), {
    name: "RangeError",
    message: "training: total of step 1 must be finite or null, got NaN",
  });
});

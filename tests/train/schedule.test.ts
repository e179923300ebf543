import assert from "node:assert/strict";
import { type OptimiserSettings, PAPER_TRAINING, rateAt, TINY_TRAINING } from "@fiedler/train";
import { factorsAt } from "../../packages/train/schedule.ts";

const course = (steps: number, changes: Partial<OptimiserSettings>) => ({
  steps,
  optimiser: { ...TINY_TRAINING.optimiser, rate: 1, warmUpFrom: 0.01, warmUp: 4, ...changes },
});

Deno.test("rateAt() rises from a share of the rate and then stays", () => {
  const constant = course(100, { decay: "constant" });
  const rates = [1, 2, 3, 4, 5, 6, 100, 1000].map((step) => rateAt(constant, step));
  // 0.01 (1 − t / 4) + t / 4 of t = 0 … 3; the fifth step has the whole rate.
  assert.deepEqual(rates, [0.01, 0.2575, 0.505, 0.7525, 1, 1, 1, 1]);
  assert.equal(rateAt(PAPER_TRAINING, 501), 0.00025 * 0.505);
});

Deno.test("rateAt() falls to a hundredth at the last step along a cosine", () => {
  const cosine = course(25, { decay: "cosine" });
  assert.equal(rateAt(cosine, 5), 1);
  assert.ok(Math.abs(rateAt(cosine, 15) - 0.505) < 1e-15); // half the way
  assert.ok(Math.abs(rateAt(cosine, 25) - 0.01) < 1e-15);
  assert.equal(rateAt(cosine, 30), rateAt(cosine, 25));
  const rates = Array.from({ length: 21 }, (_, i) => rateAt(cosine, 5 + i));
  assert.ok(rates.every((rate, i) => i === 0 || rate < rates[i - 1]));
});

Deno.test("rateAt() takes courses without a warm-up, or of nothing else", () => {
  assert.equal(rateAt(course(10, { warmUp: 0, decay: "cosine" }), 1), 1);
  assert.equal(rateAt(course(1, { warmUp: 0, decay: "cosine" }), 1), 1);
  const short = course(3, { warmUp: 10, decay: "cosine" });
  assert.ok(Math.abs(rateAt(short, 3) - 0.208) < 1e-15);
});

Deno.test("factorsAt() raises that of the pairs alone", () => {
  const { loss } = PAPER_TRAINING;
  assert.deepEqual(factorsAt(loss, 250), { ...loss, pairwise: 0.25 });
  assert.deepEqual(factorsAt(loss, 1000), loss);
  assert.deepEqual(factorsAt(loss, 5000), loss);
  assert.deepEqual(factorsAt({ ...loss, pairwiseWarmUp: 0 }, 1), { ...loss, pairwiseWarmUp: 0 });
});

Deno.test("steps count from 1", () => {
  for (const step of [0, -1, 1.5, NaN]) {
    assert.throws(() => rateAt(PAPER_TRAINING, step), RangeError);
    assert.throws(() => factorsAt(PAPER_TRAINING.loss, step), RangeError);
  }
});

import { bootstrap } from "@fiedler/study";
import assert from "node:assert/strict";
import { normal } from "../support/random.ts";

const mean = (values: ArrayLike<number>) => (weights: Uint32Array) =>
  weights.reduce((sum, weight, i) => sum + weight * values[i], 0) / weights.length;

Deno.test("bootstrap finds the error of a mean, and of a paired difference", () => {
  const [n, resamples] = [300, 2000];
  const a = normal(n, { seed: 1 });
  const shift = normal(n, { seed: 2 }).map((value) => 0.1 * value);
  const b = a.map((value, i) => value + shift[i]);
  const [ofA, difference] = bootstrap(
    n,
    (weights) => [mean(a)(weights), mean(b)(weights) - mean(a)(weights)],
    { resamples },
  );
  assert.equal(ofA.value, mean(a)(new Uint32Array(n).fill(1)));
  const exact = (values: Float32Array) => {
    const centre = values.reduce((x, y) => x + y) / n;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0)) / n;
  };
  // A standard deviation from 2000 draws is off by 1/√4000 = 1.6 %; 6 % is four times that.
  assert.ok(Math.abs(ofA.error! / exact(a) - 1) < 0.06, `${ofA.error}`);
  // Unpaired, the difference would have an error of √2 · 0.06, not 0.006.
  assert.ok(Math.abs(difference.error! / exact(shift) - 1) < 0.06, `${difference.error}`);
});

Deno.test("bootstrap gives no error to what most draws say nothing of, and repeats itself", () => {
  const only = (weights: Uint32Array) => [weights[0] > 0 && weights[1] > 0 ? weights[0] : NaN];
  // Both of two given pictures are in a draw of 50 with probability 0.40.
  const [{ value, error }] = bootstrap(50, only);
  assert.equal(value, 1);
  assert.equal(error, null);
  const spread = () => bootstrap(9, (weights) => [weights[3]], { resamples: 50, seed: 7 });
  assert.deepEqual(spread(), spread());
  assert.deepEqual(bootstrap(0, () => [NaN]), [{ value: NaN, error: null }]);
});

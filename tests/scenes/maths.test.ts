import assert from "node:assert/strict";
import { cosine, direction, power, sine } from "../../packages/scenes/maths.ts";
import { Random } from "../../packages/scenes/random.ts";

const TURN = 2 * Math.PI;

Deno.test("sine and cosine are right to 4e-6 on many turns", () => {
  for (let t = -3; t <= 3; t += 0.00137) {
    assert.ok(Math.abs(sine(t) - Math.sin(t * TURN)) < 4e-6, `sine(${t})`);
    assert.ok(Math.abs(cosine(t) - Math.cos(t * TURN)) < 4e-6, `cosine(${t})`);
  }
});

Deno.test("direction is the arctangent in turns, to 1.2e-5 radians", () => {
  for (let t = -0.4999; t < 0.5; t += 0.0013) {
    const [x, y] = [3 * Math.cos(t * TURN), 3 * Math.sin(t * TURN)];
    assert.ok(Math.abs(direction(x, y) - t) < 1.2e-5 / TURN, `direction at ${t}`);
  }
  assert.equal(direction(0, 0), 0);
});

Deno.test("power is right to 1e-7", () => {
  for (const exponent of [0.28, 0.8, 1, 1.2, 3]) {
    for (let x = 0.001; x <= 1; x += 0.0037) {
      const error = Math.abs(power(x, exponent) - Math.pow(x, exponent));
      assert.ok(error < 1e-7, `${x} to the power of ${exponent} is off by ${error}`);
    }
  }
  assert.equal(power(0, 0.5), 0);
});

Deno.test("streams are even, and independent of each other and of what was drawn", () => {
  const counts = new Array<number>(64).fill(0);
  for (let stream = 0; stream < 640; stream++) {
    const random = Random.of(stream);
    for (let i = 0; i < 100; i++) counts[Math.floor(random.unit() * 64)]++;
  }
  // χ² of 63 degrees of freedom: mean 63, deviation 11.2; five deviations are 119.
  const chi = counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
  assert.ok(chi < 119, `χ² is ${chi}`);
  const [a, b] = [Random.of(5), Random.of(5)];
  b.word();
  assert.equal(a.fork(1).word(), b.fork(1).word());
  assert.notEqual(a.fork(1).word(), a.fork(2).word());
  assert.notEqual(Random.of(1, 2).word(), Random.of(2, 1).word());
});

Deno.test("neighbouring seeds and indices give unrelated numbers", () => {
  // The correlation of n pairs of independent numbers has a deviation of 1 / √n.
  const n = 20_000;
  const pairs: readonly [string, (i: number) => readonly [Random, Random]][] = [
    ["seeds", (i) => [Random.of(i, 0), Random.of(i + 1, 0)]],
    ["indices", (i) => [Random.of(0, i), Random.of(0, i + 1)]],
    ["forks", (i) => [Random.of(i).fork(0), Random.of(i).fork(1)]],
  ];
  for (const [what, pair] of pairs) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const [a, b] = pair(i);
      sum += (a.unit() - 0.5) * (b.unit() - 0.5) * 12;
    }
    assert.ok(Math.abs(sum / n) < 5 / Math.sqrt(n), `${what}: correlation ${sum / n}`);
  }
});

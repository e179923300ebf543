import { keyCosines } from "@fiedler/study";
import assert from "node:assert/strict";
import { integers, normal, uniform } from "../support/random.ts";

Deno.test("keyCosines equals the loop over all pairs of patches", () => {
  const [patches, dim] = [60, 5];
  const keys = normal(patches * dim, { seed: 1 });
  keys.fill(0, 0, dim); // a key of zeros has cosine 0 with all
  const owners = Int32Array.from(integers(patches, { seed: 2, limit: 5 }), (owner) => owner - 1);
  owners[0] = 0;
  const purity = Float64Array.from(uniform(patches, { seed: 3, low: 0.5 }));
  const categories = [1, 2, 1, 3];
  for (const least of [0.5, 0.7, 1]) {
    const sums = { instance: [0, 0], category: [0, 0], other: [0, 0] };
    for (let i = 0; i < patches; i++) {
      for (let j = i + 1; j < patches; j++) {
        const [a, b] = [owners[i], owners[j]];
        if (a < 0 || b < 0 || purity[i] <= least || purity[j] <= least) continue;
        const sum =
          sums[a === b ? "instance" : categories[a] === categories[b] ? "category" : "other"];
        sum[0] += cosine(keys, i, j, dim);
        sum[1]++;
      }
    }
    const found = keyCosines(keys, { owners, purity }, categories, { purity: least });
    for (const relation of ["instance", "category", "other"] as const) {
      assert.equal(found[relation].pairs, sums[relation][1], relation);
      // Sums of up to 500 cosines in f64, by another route.
      assert.ok(Math.abs(found[relation].sum - sums[relation][0]) < 1e-12, relation);
    }
  }
});

function cosine(keys: Float32Array, i: number, j: number, dim: number): number {
  let [dot, a, b] = [0, 0, 0];
  for (let d = 0; d < dim; d++) {
    const [x, y] = [keys[i * dim + d], keys[j * dim + d]];
    dot += x * y;
    a += x * x;
    b += y * y;
  }
  return a * b === 0 ? 0 : dot / Math.sqrt(a * b);
}

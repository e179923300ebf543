import { countMerges } from "@fiedler/study";
import assert from "node:assert/strict";
import { integers } from "../support/random.ts";

Deno.test("countMerges counts pairs whose objects have one majority cluster", () => {
  // Objects 0 and 1 are cats, 2 is a dog, 3 a cat without a patch.
  const owners = Int32Array.of(0, 0, 0, 1, 1, 2, -1, -1);
  const labels = [4, 4, 0, 4, 4, 0, 4, 0];
  assert.deepEqual(countMerges({ owners }, labels, [7, 7, 9, 7]), {
    same: { merged: 1, pairs: 1 },
    other: { merged: 0, pairs: 2 },
  });
});

Deno.test("countMerges equals counting by hand on random patches", () => {
  for (let seed = 0; seed < 50; seed++) {
    const owners = Int32Array.from(integers(30, { seed, limit: 7 }), (owner) => owner - 1);
    const labels = integers(30, { seed: seed + 100, limit: 3 });
    const categories = [...integers(6, { seed: seed + 200, limit: 2 })];
    const expected = { same: { merged: 0, pairs: 0 }, other: { merged: 0, pairs: 0 } };
    const favourite = categories.map((_, object) => {
      const votes = [0, 1, 2].map((label) =>
        owners.filter((owner, cell) => owner === object && labels[cell] === label).length
      );
      return Math.max(...votes) === 0 ? null : votes.indexOf(Math.max(...votes));
    });
    for (const [a, b] of pairs(categories.length)) {
      if (favourite[a] === null || favourite[b] === null) continue;
      const count = expected[categories[a] === categories[b] ? "same" : "other"];
      count.pairs++;
      count.merged += favourite[a] === favourite[b] ? 1 : 0;
    }
    assert.deepEqual(countMerges({ owners }, labels, categories), expected);
  }
});

/** All i < j below a number. */
const pairs = (count: number) =>
  Array.from({ length: count }, (_, j) => Array.from({ length: j }, (_, i) => [i, j])).flat();

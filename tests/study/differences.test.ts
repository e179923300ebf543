import { type Difference, differencesOf, type PictureStudy } from "@fiedler/study";
import assert from "node:assert/strict";
import { generator } from "../support/random.ts";

/** A picture of two objects of one category and a third: how well they are found, merged, told. */
function picture(
  { iou, merged, saliency = null }: { iou: number; merged: number; saliency?: number | null },
): PictureStudy {
  return {
    objects: [{ count: 2, iou }, { count: 2, iou }, { count: 1, iou }],
    withoutPatch: 0,
    masks: 3,
    merges: [{ k: 5, same: { merged, pairs: 10 }, other: { merged: 3, pairs: 10 } }],
    cosines: null,
    saliency,
  };
}

const byName = (numbers: readonly Difference[]) =>
  Object.fromEntries(numbers.map((number) => [number.measure, number]));

Deno.test("differencesOf says what is better, by pictures that both have", () => {
  const next = generator(9);
  // Pictures are easy or hard for both: the paired error does not see it.
  const hardness = Array.from({ length: 60 }, () => next());
  const of = (found: number, merged: number) =>
    hardness.map((hard, i) =>
      picture({ iou: 0.5 + 0.3 * hard + found * (1 + 0.2 * next()), merged, saliency: i % 3 / 2 })
    );
  const found = byName(differencesOf(of(0.1, 6), of(0, 4), { resamples: 300 }));
  assert.deepEqual(
    Object.entries(found).map(([name, { verdict }]) => [name, verdict]),
    [
      ["recall 1", "better"],
      ["recall 2+", "better"],
      ["recall all", "better"],
      ["same 5", "worse"], // fewer merged pairs are better
      ["other 5", "within error"],
      ["saliency IoU", "within error"],
      ["saliency ≥ 0.5", "within error"],
    ],
    "numbers without a picture, such as gaps, are left out",
  );
  assert.ok(Math.abs(found["same 5"].difference.value - 0.2) < 1e-12);
  assert.equal(found["saliency IoU"].difference.value, 0);
  // IoUs differ by 0.1 to 0.12, two or three of the ten thresholds: σ ≤ 0.05 a picture. Unpaired it
  // would be some 0.17 · √2, since recalls of easy and hard pictures differ by 0.6.
  const { value, error } = found["recall all"].difference;
  assert.ok(Math.abs(value - 0.22) < 0.03, `${value}`);
  assert.ok(error! > 0 && error! < 0.05 / Math.sqrt(60), `${error}`);
});

Deno.test("differencesOf tells which way round, and what too few pictures say nothing of", () => {
  const ones = Array.from(
    { length: 6 },
    (_, i) => picture({ iou: 0.6, merged: 4, saliency: i < 4 ? 0.7 : null }),
  );
  const others = Array.from(
    { length: 6 },
    (_, i) => picture({ iou: 0.9, merged: 5, saliency: i < 4 ? 0.3 : null }),
  );
  const there = byName(differencesOf(ones, others, { resamples: 20 }));
  const back = byName(differencesOf(others, ones, { resamples: 20 }));
  assert.deepEqual([there["recall all"].verdict, back["recall all"].verdict], ["worse", "better"]);
  assert.deepEqual([there["same 5"].verdict, back["same 5"].verdict], ["better", "worse"]);
  const { difference, verdict } = there["saliency IoU"];
  assert.deepEqual([difference.error, verdict], [null, "untested"]);
  assert.ok(Math.abs(difference.value - 0.4) < 1e-12);
  assert.throws(() => differencesOf(ones, others.slice(1)), {
    name: "RangeError",
    message: "differencesOf: both need the same pictures, got 6 and 5",
  });
});

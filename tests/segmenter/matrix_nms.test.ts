import assert from "node:assert/strict";
import { matrixNms, type OverlappingMasks, pointNms } from "@fiedler/segmenter";
import { assertClose } from "../support/conformance.ts";

const golden: {
  pointNms: { grid: number; scores: number[]; cells: number[] }[];
  matrixNms:
    (OverlappingMasks & { decay: "gaussian" | "linear"; sigma: number; lowered: number[] })[];
} = JSON.parse(
  await Deno.readTextFile(new URL("../../fixtures/segmenter/predict.json", import.meta.url)),
);

Deno.test("pointNms() keeps the cells that max pooling leaves alone", () => {
  for (const { grid, scores, cells } of golden.pointNms) {
    assert.deepEqual(pointNms(scores, grid), cells, `grid ${grid}`);
  }
});

Deno.test("pointNms() looks up and left, not down and right, and keeps equals", () => {
  assert.deepEqual(pointNms([1, 1, 1, 1], 2), [0, 1, 2, 3]);
  assert.deepEqual(pointNms([9, 1, 1, 1], 2), [0]);
  assert.deepEqual(pointNms([1, 1, 1, 9], 2), [0, 1, 2, 3]);
  assert.deepEqual(pointNms([1, 9, 2, 1], 2), [0, 1, 2]); // not across the end of a row
});

Deno.test("matrixNms() lowers scores as the matrix form does", () => {
  for (const { decay, sigma, lowered, ...masks } of golden.matrixNms) {
    const actual = matrixNms(masks, { decay, sigma });
    // f64 on both sides: a quotient of exponentials against an exponential of a difference.
    assertClose(actual, lowered, { absolute: 1e-13 });
    assert.ok(lowered.length === 1 || lowered.some((score, m) => score < 0.9 * masks.scores[m]));
  }
});

Deno.test("matrixNms() takes no masks, and masks that share nothing", () => {
  const none = { scores: [], categories: [], areas: [], intersections: [] };
  assert.deepEqual([...matrixNms(none)], []);
  const apart = {
    scores: [0.2, 0.4],
    categories: [0, 0],
    areas: [0, 3],
    intersections: [0, 0, 0, 3],
  };
  assert.deepEqual([...matrixNms(apart)], [0.2, 0.4]);
});

Deno.test("matrixNms() lets the first of equal scores suppress, within a category alone", () => {
  const twins = { scores: [0.5, 0.5, 0.5], areas: [2, 2, 2], intersections: new Array(9).fill(2) };
  const lowered = matrixNms({ ...twins, categories: [0, 0, 1] });
  assertClose(lowered, [0.5, 0.5 * Math.exp(-2), 0.5], { absolute: 1e-15 });
  // The second is fully covered, so that its own quotient with the third has no value.
  const linear = matrixNms({ ...twins, categories: [0, 0, 0] }, { decay: "linear" });
  assert.deepEqual([...linear], [0.5, 0, 0]);
});

import assert from "node:assert/strict";
import type { StepView } from "@fiedler/train";
import { stepPlan } from "../../packages/train/step_plan.ts";

const heads = { grids: [2, 1], categories: 2 };

/** 8 × 8 pixels, 2 × 2 of masks; cells and masks as given for each of two levels. */
function viewOf(
  picture: number,
  levels: readonly (readonly [categories: number[], cells: number[], maskOf: number[]])[],
  { masks = [] as number[], padded = [8, 8] as [number, number] } = {},
): StepView {
  return {
    ...{ picture, size: padded, padded, valid: padded, window: null, repeats: null },
    rgb: new Uint8Array(3 * padded[0] * padded[1]),
    targets: {
      levels: levels.map(([categories, cells, maskOf]) => ({
        categories: Uint32Array.from(categories),
        cells: Uint32Array.from(cells),
        maskOf: Uint32Array.from(maskOf),
      })),
      masks: Uint32Array.from(masks),
      instances: masks.map((_, i) => i),
      skipped: [],
    },
  };
}

const first = viewOf(5, [[[0, 2, 1, 0], [1, 2, 2], [0, 0, 1]], [[0], [], []]], { masks: [3, 9] });
const empty = viewOf(6, [[[0, 0, 0, 0], [], []], [[0], [], []]]);
const last = viewOf(7, [[[0, 0, 0, 1], [3], [0]], [[2], [0], [0]]], { masks: [15] });

Deno.test("stepPlan() counts over the whole step", () => {
  for (const together of [1, 2, 3, 10]) {
    const plan = stepPlan([first, empty, last], { heads, together });
    assert.equal(plan.positives, 4); // a contested cell counts once
    assert.deepEqual(plan.levelEntries, [4, 1]);
    assert.equal(plan.entries, 5);
    assert.equal(plan.emptyViews, 1);
  }
});

Deno.test("stepPlan() finds the kernels and masks of entries in their chunk", () => {
  const { chunks: [chunk, ...others] } = stepPlan([first, empty, last], { heads, together: 3 });
  assert.equal(others.length, 0);
  assert.deepEqual(chunk.entries, {
    rows: [1, 2, 2, 11, 14], // 4 cells of each of three images, then one of each
    images: [0, 0, 0, 2, 2],
    levels: [0, 0, 0, 0, 1],
    maskOf: [0, 0, 1, 2, 2],
  });
  assert.deepEqual([...chunk.masks], [3, 9, 15]);
  assert.deepEqual([...chunk.imageOf], [0, 0, 2]);
  assert.deepEqual([...chunk.categories], [
    ...[0, 0, 1, 0, /**/ 0, 0, 0, 0, /**/ 0, 0, 0, 1], // level 0, category 0 of each image
    ...[0, 1, 0, 0, /**/ 0, 0, 0, 0, /**/ 0, 0, 0, 0],
    ...[0, 0, 0, /**/ 0, 0, 1], // level 1
  ]);
});

Deno.test("stepPlan() puts views of one padded size together, in their order", () => {
  const wide = viewOf(8, [[[0, 0, 0, 0], [], []], [[0], [], []]], { padded: [8, 16] });
  const views = [first, wide, empty, wide, last];
  const chunks = (together: number) =>
    stepPlan(views, { heads, together }).chunks.map(({ views }) => views);
  assert.deepEqual(chunks(2), [[0, 2], [4], [1, 3]]);
  assert.deepEqual(chunks(1), [[0], [2], [4], [1], [3]]);
  const { chunks: [, , { maskSize }] } = stepPlan(views, { heads, together: 2 });
  assert.deepEqual(maskSize, [2, 4]);
});

Deno.test("stepPlan() takes a step without entries, and refuses none at all", () => {
  const plan = stepPlan([empty, empty], { heads, together: 1 });
  assert.deepEqual([plan.positives, plan.entries, plan.emptyViews], [0, 0, 2]);
  assert.throws(() => stepPlan([], { heads, together: 1 }), /needs at least one view/);
  assert.throws(() => stepPlan([empty], { heads, together: 0 }), /together must be/);
});

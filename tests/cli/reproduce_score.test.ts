import assert from "node:assert/strict";
import { type CocoInstances, type CocoResult, encodeRle } from "@fiedler/coco";
import { differenceOf, estimateOf, scaleOf, scoreOf } from "../../packages/cli/reproduce_score.ts";

const SIDE = 32;

/** A square at picture size. */
function square(left: number, top: number, side: number) {
  const mask = new Uint8Array(SIDE * SIDE);
  for (let y = top; y < top + side; y++) mask.fill(1, y * SIDE + left, y * SIDE + left + side);
  return { size: [SIDE, SIDE] as const, counts: encodeRle(mask, SIDE, SIDE) };
}

/** Pictures with a square of 6 and one of 16 pixels each: medium and large at the scale of 4. */
function truthOf(pictures: number): CocoInstances {
  const ids = Array.from({ length: pictures }, (_, i) => i + 1);
  return {
    images: ids.map((id) => ({ id, width: SIDE, height: SIDE })),
    categories: [{ id: 1 }],
    annotations: ids.flatMap((image_id) =>
      [6, 16].map((side, i) => ({
        ...{ id: 2 * image_id + i, image_id, category_id: 1, iscrowd: 0 as const },
        area: side ** 2,
        segmentation: square(i * 8, i * 8, side),
      }))
    ),
  };
}

/** Finds the large square of each picture, and the other of every second one. */
const results = (pictures: number): CocoResult[] =>
  Array.from({ length: pictures }, (_, i) => i + 1).flatMap((image_id) => [
    { image_id, category_id: 1, score: 0.9, segmentation: square(8, 8, 16) },
    ...image_id % 2
      ? [{ image_id, category_id: 1, score: 0.5, segmentation: square(0, 0, 6) }]
      : [],
  ]);

Deno.test("scenes are scored at COCO's size, which changes no overlap", () => {
  assert.deepEqual([64, 128, 512, 640].map(scaleOf), [8, 4, 1, 1]);
  const [plain, large] = [1, 4].map((scale) => scoreOf(truthOf(6), results(6), { scale }));
  for (const metric of ["AP", "AP50", "AP75", "AR1", "AR10", "AR100"]) {
    assert.equal(large.metrics[metric], plain.metrics[metric], metric);
  }
  assert.equal(large.metrics.AR100, 0.75); // 6 of 6 and 3 of 6
  assert.equal(large.metrics.AR1, 0.5);
  // Four times as large they have 64² and 24² pixels, medium and small; as they are, both are small.
  assert.deepEqual([large.metrics.ARm, large.metrics.ARs, large.metrics.ARl], [1, 0.5, NaN]);
  assert.deepEqual([plain.metrics.ARm, plain.metrics.ARs], [NaN, 0.75]);
});

Deno.test("errors come from drawing pictures, in pairs for differences", () => {
  const truth = truthOf(40);
  const [all, same] = [results(40), results(40)].map((list) => scoreOf(truth, list, { scale: 1 }));
  const half = scoreOf(truth, all40Large(), { scale: 1 });
  assert.equal(all.draws.length, 100);
  const { value, error } = estimateOf(all, "AR100");
  assert.equal(value, 0.75);
  // A picture has recall 1 or 0.5, as often as not: σ = 0.25, over √40 pictures 0.040; 100 draws
  // know it to 1/√200 = 7 % of itself, here within four of those.
  assert.ok(Math.abs(error! - 0.0395) < 0.28 * 0.0395, `${error}`);
  assert.deepEqual(differenceOf(all, same, "AR100"), { value: 0, error: 0 });
  // Paired: the large squares, found in both, do not count.
  const gain = differenceOf(all, half, "AR100");
  assert.equal(gain.value, 0.25);
  assert.ok(Math.abs(gain.error! - error!) < 1e-12, "both vary with the same pictures");
});

/** The large square of each of 40 pictures. */
const all40Large = () => results(40).filter(({ score }) => score === 0.9);

Deno.test("few pictures, no results and no objects are no numbers out of nothing", () => {
  const few = scoreOf(truthOf(4), results(4), { scale: 1 });
  assert.deepEqual(estimateOf(few, "AR100"), { value: 0.75, error: null });
  const none = scoreOf(truthOf(6), [], { scale: 1 });
  assert.deepEqual(estimateOf(none, "AP"), { value: 0, error: 0 });
  const empty = scoreOf({ ...truthOf(6), annotations: [] }, results(6), { scale: 1 });
  assert.deepEqual(estimateOf(empty, "AP"), { value: NaN, error: null });
});

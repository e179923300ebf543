import { type CocoInstances, evaluate, IOU_THRESHOLDS } from "@fiedler/coco";
import assert from "node:assert/strict";
import { columns, disjointScene, drawSet } from "./evaluation_sets.ts";

const goldens: readonly { recall: readonly number[]; objects: readonly number[] }[] = JSON.parse(
  await Deno.readTextFile(new URL("../../fixtures/evaluation/goldens.json", import.meta.url)),
);

Deno.test("recall by count agrees with the goldens, whatever the categories of the results", () => {
  goldens.forEach((golden, i) => {
    const { truth, results } = drawSet(i + 1);
    const { recallByCount } = evaluate(truth, results, { byCount: {}, classAware: i % 2 === 1 });
    assert.deepEqual(recallByCount?.objects, golden.objects, `seed ${i + 1}`);
    golden.recall.forEach((expected, bucket) => {
      // A quotient of whole numbers, against a mean of ten: a few ulp of 1.
      const actual = recallByCount!.recall[bucket];
      assert.ok(Math.abs(actual - expected) < 1e-15, `seed ${i + 1}, bucket ${bucket}: ${actual}`);
    });
  });
});

Deno.test("where objects are disjoint it equals greedy matching, in any order of detections", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const { truth, results } = disjointScene(seed);
    const ofCategory = Map.groupBy(truth.annotations, ({ category_id }) => category_id);
    const size = (category: number) => Math.min(6, ofCategory.get(category)!.length);
    const direct = evaluate(truth, results, { byCount: {} }).recallByCount!;
    for (const order of [results, results.map((it) => ({ ...it, score: -it.score }))]) {
      for (let bucket = 1; bucket <= 6; bucket++) {
        // The objects of one bucket and no cap: AR of the COCO evaluation.
        const annotations = truth.annotations.filter((it) => size(it.category_id) === bucket);
        const { metrics } = evaluate({ ...truth, annotations }, order, { maxDets: [10_000] });
        // Both are means of ten quotients: 1e-14 is 45 ulp of 1.
        const difference = Math.abs(metrics.AR10000 - direct.recall[bucket - 1]);
        assert.ok(difference < 1e-14, `seed ${seed}, bucket ${bucket}: off by ${difference}`);
      }
    }
  }
});

const object = (image_id: number, category_id: number, from: number, iscrowd: 0 | 1 = 0) => (
  { id: 0, image_id, category_id, iscrowd, segmentation: columns(from, 10) }
);
const detection = (image_id: number, from: number, width: number, score: number) => (
  { image_id, category_id: 1, segmentation: columns(from, width), score }
);

/** Two dogs, a cat and a crowd of cats in one picture; seven cats in another. */
const scene: CocoInstances = {
  images: [{ id: 1, width: 400, height: 8 }, { id: 2, width: 400, height: 8 }],
  categories: [],
  annotations: [
    object(1, 1, 0),
    object(1, 1, 20),
    object(1, 2, 40),
    object(1, 2, 60, 1),
    ...Array.from({ length: 7 }, (_, i) => object(2, 2, 20 * i)),
  ],
};

Deno.test("objects are put in buckets by instances of their own category", () => {
  const results = [detection(1, 0, 10, 1), detection(1, 40, 8, 0.9), detection(2, 0, 10, 0.8)];
  const { recall, objects } = evaluate(scene, results, { byCount: {} }).recallByCount!;
  assert.deepEqual(objects, [1, 2, 0, 0, 0, 7]);
  // The cat alone is found at IoU 0.8: thresholds 0.5 to 0.8 are seven of ten.
  assert.equal(IOU_THRESHOLDS.filter((threshold) => 0.8 >= threshold).length, 7);
  assert.deepEqual(recall, [0.7, 0.5, -1, -1, -1, 1 / 7]);
});

Deno.test("alternatives: crowds in the count, means of categories, a cap on detections", () => {
  const results = [detection(1, 40, 10, 0.2), detection(1, 0, 10, 0.9), detection(1, 20, 10, 0.5)];
  const measure = (byCount: object) => evaluate(scene, results, { byCount }).recallByCount!;
  const crowds = measure({ countCrowds: true });
  assert.deepEqual(crowds.objects, [0, 3, 0, 0, 0, 7]);
  assert.deepEqual(crowds.recall, [-1, 1, -1, -1, -1, 0]);
  assert.deepEqual(measure({ maxDets: 2 }).recall, [0, 1, -1, -1, -1, 0]);
  assert.deepEqual(measure({ maxDets: 1 }).recall, [0, 0.5, -1, -1, -1, 0]);
  // In bucket 2, one dog of two and the only cat: 2 of 3 objects, mean of 1/2 and 1.
  const some = results.slice(0, 2);
  const pooled = (pooling: "micro" | "macro") =>
    evaluate(scene, some, { byCount: { pooling, countCrowds: true } }).recallByCount!.recall[1];
  assert.deepEqual([pooled("micro"), pooled("macro")], [2 / 3, 0.75]);
});

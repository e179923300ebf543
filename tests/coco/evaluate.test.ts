import {
  type CocoAnnotation,
  type CocoInstances,
  type CocoResult,
  type Curves,
  evaluate,
  type EvaluateOptions,
  Evaluator,
  IOU_THRESHOLDS,
  RECALL_THRESHOLDS,
} from "@fiedler/coco";
import assert from "node:assert/strict";
import { disjointScene, drawSet } from "./evaluation_sets.ts";

interface Golden {
  readonly segm: readonly number[];
  readonly aware: readonly number[];
  readonly bbox: readonly number[];
  readonly results: number;
  readonly recall: readonly number[];
  readonly objects: readonly number[];
}

const goldens: readonly Golden[] = JSON.parse(
  await Deno.readTextFile(new URL("../../fixtures/evaluation/goldens.json", import.meta.url)),
);

const sets = goldens.map((_, i) => drawSet(i + 1));

/** The numbers and, weighed entry by entry, both arrays: what the goldens hold. */
function summary(truth: CocoInstances, results: readonly CocoResult[], options: EvaluateOptions) {
  const { metrics, curves } = evaluate(truth, results, options);
  return [...Object.values(metrics), weighed(curves.precision), weighed(curves.recall)];
}

const weighed = (values: Curves["recall"]): number =>
  values.reduce((sum, value, i) => sum + value * (i % 97 + 1), 0) / values.length;

/** Means of terms of at most 97, 12,120 a category: 1e-12 is 140 ulp of 49, the largest mean. */
const TOLERANCE = 1e-12;

function assertNear(actual: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i])));
  const list = JSON.stringify({ actual, expected });
  assert.ok(worst <= TOLERANCE, `${what}: off by ${worst}: ${list}`);
}

Deno.test("evaluate() agrees with the goldens: masks, all categories as one", () => {
  goldens.forEach(({ segm, results: count }, i) => {
    const { truth, results } = sets[i];
    assert.equal(results.length, count, `seed ${i + 1} draws another set`);
    assertNear(summary(truth, results, {}), segm, `seed ${i + 1}`);
  });
});

Deno.test("evaluate() agrees with the goldens: class-aware, other numbers of detections", () => {
  goldens.forEach(({ aware }, i) => {
    const { truth, results } = sets[i];
    const known = results.filter(({ category_id = 0 }) => category_id < 50);
    const options = { classAware: true, maxDets: [2, 7, 25] };
    assertNear(summary(truth, results, options), aware, `seed ${i + 1}`);
    assertNear(summary(truth, known, options), aware, `seed ${i + 1} without unknown categories`);
  });
});

Deno.test("evaluate() agrees with the goldens: boxes", () => {
  goldens.forEach(({ bbox }, i) => {
    const { truth, results } = sets[i];
    assertNear(summary(truth, results, { type: "bbox" }), bbox, `seed ${i + 1}`);
  });
});

Deno.test("the constants are those of the reference, to the last bit", () => {
  assert.equal(IOU_THRESHOLDS[8], 0.8999999999999999);
  assert.equal(IOU_THRESHOLDS[9], 0.95);
  assert.equal(RECALL_THRESHOLDS[35], 0.35000000000000003);
  assert.equal(RECALL_THRESHOLDS[100], 1);
});

/** A mask of 10 × `pixels` in a picture of 10 × 40, from the left. */
const bar = (pixels: number, from = 0) =>
  ({ size: [10, 40], counts: [from * 10, pixels * 10, (40 - from - pixels) * 10] }) as const;

const truthOf = (...annotations: Partial<CocoAnnotation>[]): CocoInstances => ({
  images: [{ id: 1, height: 10, width: 40 }, { id: 2, height: 10, width: 40 }],
  categories: [{ id: 3 }, { id: 4 }],
  annotations: annotations.map((annotation, id) => (
    { id, image_id: 1, category_id: 3, iscrowd: 0, segmentation: bar(10), ...annotation }
  )),
});

const found = (detection: Partial<CocoResult> = {}): CocoResult => (
  { image_id: 1, category_id: 3, segmentation: bar(10), score: 0.5, ...detection }
);

/** Precision of one object found at once, as the reference rounds it: 1 / (1 + ε). */
const PERFECT = 1 - 2 ** -52;

Deno.test("an annotation of id 0 counts as found", () => {
  const { metrics, curves } = evaluate(truthOf({ id: 0 }), [found()]);
  assert.equal(curves.precision[0], PERFECT);
  assert.equal(metrics.AR1, 1);
});

Deno.test("the area of a detection is that of its mask, unless pycocotools' way is asked for", () => {
  // A small object found, and before it a small false alarm whose box says that it is large.
  const wrong = found({ segmentation: bar(5, 30), score: 0.9, bbox: [0, 0, 200, 200] });
  const right = found({ bbox: [0, 0, 10, 10] });
  const truth = truthOf({ area: 100 });
  const own = evaluate(truth, [wrong, right]);
  assert.ok(Math.abs(own.metrics.APs - 0.5) < 1e-12, `APs ${own.metrics.APs}`);
  const { metrics } = evaluate(truth, [wrong, right], { compat: "pycocotools" });
  assert.ok(Math.abs(metrics.APs - 1) < 1e-12, `APs ${metrics.APs}`);
  assert.equal(metrics.AP, own.metrics.AP);
  // Without a box in the first result pycocotools takes all areas from masks.
  const { bbox: _, ...boxless } = wrong;
  const mixed = evaluate(truth, [boxless, right], { compat: "pycocotools" });
  assert.equal(mixed.metrics.APs, own.metrics.APs);
});

Deno.test("boxes of masks are tight, and their area is that of the mask", () => {
  const height = 40;
  // A frame of 40 × 40 pixels, 1 wide: large as a box, small as a mask.
  const frame = [0, 41, ...Array(37).fill([38, 2]).flat(), 38, 41, 20 * height];
  const small = { size: [height, 60], counts: [50 * height, 5 * height, 5 * height] } as const;
  const truth = truthOf({ segmentation: small }, { bbox: [0, 0, 40, 40], area: 1600 });
  const results = [
    found({ segmentation: { size: [height, 60], counts: frame }, score: 0.9 }),
    found({ segmentation: small }),
  ];
  assert.equal(evaluate(truth, results, { type: "bbox" }).metrics.AR100, 1);
  const alone = { ...truth, annotations: truth.annotations.slice(0, 1) };
  // The frame is a false alarm among small objects, before the one that is there.
  const { APs } = evaluate(alone, results, { type: "bbox" }).metrics;
  assert.ok(Math.abs(APs - 0.5) < 1e-12, `APs ${APs}`);
});

Deno.test("of equal scores the first in the file wins; constant scores are noticed", () => {
  const [right, wrong] = [found(), found({ segmentation: bar(5, 30) })];
  const truth = truthOf({});
  const first = evaluate(truth, [right, wrong]);
  const second = evaluate(truth, [wrong, right]);
  assert.ok(Math.abs(first.metrics.AP - 1) < 1e-12);
  assert.ok(Math.abs(second.metrics.AP - 0.5) < 1e-12);
  assert.equal(first.metrics.AR100, second.metrics.AR100);
  assert.equal(first.notes.constantScore, 0.5);
  const apart = evaluate(truth, [right, { ...wrong, score: 0.4 }]);
  assert.equal(apart.notes.constantScore, null);
  assert.equal(evaluate(truth, [right]).notes.constantScore, null, "one score alone is no tie");
});

Deno.test("of equal scores the lower category wins, unless one is unknown", () => {
  const wrong = found({ segmentation: bar(5, 30), category_id: 4 });
  const truth = truthOf({});
  assert.ok(Math.abs(evaluate(truth, [wrong, found()]).metrics.AP - 1) < 1e-12);
  const strange = { ...wrong, category_id: 99 };
  const { metrics, notes } = evaluate(truth, [strange, found()]);
  assert.ok(Math.abs(metrics.AP - 0.5) < 1e-12);
  assert.deepEqual(notes.unknownCategories, { count: 1, first: 99 });
});

Deno.test("of equal overlaps the object of the higher category is taken, or the later one", () => {
  // The first detection overlaps both objects alike, the second the first object alone.
  const truth = truthOf({ category_id: 4 }, { segmentation: bar(10, 4) });
  const results = [found({ segmentation: bar(14), score: 0.9 }), found()];
  const recall = (results: CocoResult[]) =>
    evaluate(truth, results, { maxDets: [2] }).curves.recall[0]; // at IoU 0.5
  assert.equal(recall(results), 0.5);
  const strange = results.map((result) => ({ ...result, category_id: 99 }));
  assert.equal(recall(strange), 1);
});

Deno.test("results of an unknown category are scored, not dropped", () => {
  const results = [found({ category_id: 99 }), found({ category_id: 98 })];
  const { metrics, notes } = evaluate(truthOf({}), results);
  assert.equal(metrics.AR100, 1);
  assert.deepEqual(notes.unknownCategories, { count: 2, first: 99 });
  assert.equal(evaluate(truthOf({}), results, { classAware: true }).metrics.AR100, 0);
});

Deno.test("a crowd region takes any number of detections, of any category", () => {
  const truth = truthOf({ segmentation: bar(20), iscrowd: 1, category_id: 4 }, {
    segmentation: bar(10, 30),
  });
  const inside = [0, 3, 6].map((from) => found({ segmentation: bar(4, from), score: 0.9 }));
  const results = [...inside, found({ segmentation: bar(10, 30) })];
  assert.ok(Math.abs(evaluate(truth, results).metrics.AP - 1) < 1e-12);
  const { metrics, counts } = evaluate(truth, results, { classAware: true });
  assert.ok(metrics.AP < 0.3, `three false alarms come first, yet AP is ${metrics.AP}`);
  assert.deepEqual([counts.objects, counts.crowds], [1, 1]);
});

Deno.test("without ground truth in a range of area its numbers are −1", () => {
  const { metrics } = evaluate(truthOf({}), []);
  const { APm, APl, ARm, ARl, AP, ARs } = metrics;
  assert.deepEqual([APm, APl, ARm, ARl, AP, ARs], [-1, -1, -1, -1, 0, 0]);
  assert.ok(Object.values(evaluate(truthOf(), [found()]).metrics).every((value) => value === -1));
});

Deno.test("pictures without results count as missed", () => {
  const { metrics, counts } = evaluate(truthOf({}, { image_id: 2 }), [found()]);
  assert.equal(metrics.AR100, 0.5);
  assert.equal(counts.imagesWithoutResults, 1);
});

Deno.test("results of unknown pictures are refused, or counted when asked", () => {
  const results = [found(), found({ image_id: 77 }), found({ image_id: 78 })];
  assert.throws(() => evaluate(truthOf({}), results), {
    message: "2 of 3 results have an image_id that is not in the ground truth, the first is 77",
  });
  const { metrics, notes } = evaluate(truthOf({}), results, { ignoreUnknownImages: true });
  assert.equal(metrics.AR100, 1);
  assert.deepEqual(notes.unknownImages, { count: 2, first: 77 });
});

Deno.test("masks of another size match nothing, and are counted", () => {
  const segmentation = { size: [40, 10], counts: [0, 100, 300] } as const;
  const { metrics, notes } = evaluate(truthOf({}), [found({ segmentation })]);
  assert.equal(metrics.AR100, 0);
  assert.deepEqual(notes.otherSizes, { count: 1, first: 0 });
});

Deno.test("void pixels of a picture are taken out of its masks before they are compared", () => {
  // Columns 0 to 4 are the object, 5 to 9 what was detected besides: 0.5 of 100 pixels.
  const [size, half, whole] = [[10, 10], [0, 50, 50], [0, 100]] as const;
  const image = { id: 1, width: 10, height: 10 };
  const object = { id: 1, image_id: 1, category_id: 1, iscrowd: 0 } as const;
  const annotations = [{ ...object, segmentation: { size, counts: half } }];
  const results = [{
    ...{ image_id: 1, category_id: 1, score: 1 },
    segmentation: { size, counts: whole },
  }];
  const recall = (images: CocoInstances["images"], options?: EvaluateOptions) =>
    evaluate({ images, annotations, categories: [] }, results, options).metrics.AR100;
  assert.equal(recall([image]), 0.1, "IoU 0.5: one threshold of ten");
  const right = { size, counts: [50, 50] } as const;
  assert.equal(recall([{ ...image, void: right }]), 1, "IoU 1");
  assert.equal(recall([{ ...image, void: right }], { type: "bbox" }), 0.1, "boxes are boxes");
  // Void under the object alone: 40 of 90 pixels are left.
  const above = { size, counts: [0, 10, 90] } as const;
  assert.equal(recall([{ ...image, void: above }]), 0);
});

Deno.test("polygons are rasterised at the picture's size", () => {
  const segmentation = [[0, 0, 10, 0, 10, 10, 0, 10]];
  assert.equal(evaluate(truthOf({ segmentation }), [found()]).metrics.AR100, 1);
});

Deno.test("what cannot be scored is named by place and field", () => {
  const refuse = (results: unknown[], message: string | RegExp, options: EvaluateOptions = {}) =>
    assert.throws(() => evaluate(truthOf({}), results as CocoResult[], options), { message });
  refuse([found(), { ...found(), score: "high" }], 'results[1].score must be a number, got "high"');
  refuse([{ ...found(), segmentation: undefined }], "results[0] must have a segmentation");
  refuse(
    [{ ...found(), bbox: [1, 2, 3] }],
    "results[0].bbox must be four numbers, got [1,2,3]",
    { type: "bbox" },
  );
  refuse(
    [found({ segmentation: { size: [10, 40], counts: [3, 4] } })],
    /^results\[0\]\.segmentation: .*counts must sum to 10 × 40, got 7$/,
  );
  refuse([], "evaluate: maxDets must be whole numbers over 0, ascending, got [10, 1]", {
    maxDets: [10, 1],
  });
  assert.throws(() => evaluate(truthOf({ segmentation: [[1, 2, 3]] }), []), {
    message: /^annotations\[0\]\.segmentation: .*polygon/,
  });
  assert.throws(() => evaluate(truthOf({ area: NaN }), []), {
    message: "annotations[0].area must be a number, got null",
  });
});

Deno.test("results may come in any order; detections beyond the last cap are let go", () => {
  const truth = truthOf({}, { image_id: 2 });
  const results = Array.from({ length: 900 }, (_, i) =>
    found({
      image_id: 1 + i % 2,
      score: (i * 7919 % 900) / 900,
      segmentation: bar(10 + i % 3, i % 4),
    }));
  const scores = evaluate(truth, results);
  const sorted = evaluate(truth, results.toSorted((a, b) => b.score - a.score));
  const grouped = evaluate(truth, results.toSorted((a, b) => a.image_id - b.image_id));
  assert.deepEqual(sorted.curves, scores.curves);
  // A mask of another size is counted also where it is too bad to be looked at.
  const odd = found({ score: 0, segmentation: { size: [40, 10], counts: [0, 100, 300] } });
  for (const order of [[...results, odd], [odd, ...results]]) {
    assert.equal(evaluate(truth, order).notes.otherSizes?.count, 1);
  }
  assert.deepEqual(grouped.curves, scores.curves);
  // The hundred best of each picture alone give the same.
  const best = [1, 2].flatMap((id) =>
    results.filter(({ image_id }) => image_id === id).sort((a, b) => b.score - a.score)
      .slice(0, 100)
  );
  assert.deepEqual(evaluate(truth, best).curves, scores.curves);
});

Deno.test("recall does not fall with more detections", () => {
  for (const { truth, results } of sets) {
    const { metrics } = evaluate(truth, results);
    assert.ok(metrics.AR1 <= metrics.AR10 && metrics.AR10 <= metrics.AR100);
  }
});

Deno.test("a copy of a detection with a lower score does not raise AP of disjoint objects", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const { truth, results } = disjointScene(seed);
    const { metrics } = evaluate(truth, results);
    const copied = evaluate(truth, [...results, { ...results[0], score: -1 }]);
    assert.ok(copied.metrics.AP <= metrics.AP, `seed ${seed}`);
  }
});

Deno.test("Evaluator takes results one at a time and may be asked again", () => {
  const { truth, results } = sets[3];
  const evaluator = new Evaluator(truth);
  for (const result of results) evaluator.add(result);
  assert.deepEqual(evaluator.finish(), evaluate(truth, results));
  assert.deepEqual(evaluator.finish(), evaluate(truth, results));
});

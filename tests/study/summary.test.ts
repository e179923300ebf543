import { COUNT_BUCKETS, encodeRle, Evaluator, type Rle } from "@fiedler/coco";
import { type PictureStudy, studyPicture, summarise, testClaims } from "@fiedler/study";
import assert from "node:assert/strict";
import { generator } from "../support/random.ts";

const [HEIGHT, WIDTH] = [24, 32];
const PLACEMENT = {
  size: [HEIGHT, WIDTH],
  resized: [HEIGHT, WIDTH],
  grid: [6, 8],
  patch: 4,
} as const;

/** A filled rectangle. */
function box(x: number, y: number, width: number, height: number): Rle {
  const mask = Uint8Array.from({ length: HEIGHT * WIDTH }, (_, at) => {
    const [row, column] = [Math.floor(at / WIDTH), at % WIDTH];
    return row >= y && row < y + height && column >= x && column < x + width ? 1 : 0;
  });
  return { size: [HEIGHT, WIDTH], counts: encodeRle(mask, HEIGHT, WIDTH) };
}

/** A picture of up to seven disjoint objects of two categories, and a masks near some. */
function randomPicture(next: () => number) {
  const objects = Array.from({ length: 1 + Math.floor(7 * next()) }, (_, i) => ({
    category: next() < 0.8 ? 1 : 2,
    mask: box(1 + 8 * (i % 4), 1 + 12 * Math.floor(i / 4), 6, 9),
  }));
  const masks = objects.flatMap((_, i) =>
    next() < 0.3 ? [] : [
      box(1 + 8 * (i % 4), 1 + 12 * Math.floor(i / 4), 3 + Math.floor(4 * next()), 9),
      box(1 + 8 * (i % 4), 1 + 12 * Math.floor(i / 4), 6, 5 + Math.floor(5 * next())),
    ]
  );
  return { objects, masks };
}

const studied = ({ objects, masks }: ReturnType<typeof randomPicture>) =>
  studyPicture({ ...PLACEMENT, masks, clusterings: [], keys: null }, objects);

Deno.test("summarise finds the recall by count that the evaluator finds", () => {
  const next = generator(11);
  const pictures = Array.from({ length: 40 }, () => randomPicture(next));
  const annotations = pictures.flatMap(({ objects }, image) =>
    objects.map(({ mask, category }) => ({
      image_id: image,
      category_id: category,
      segmentation: { size: mask.size, counts: Array.from(mask.counts) },
      area: 54,
      bbox: [0, 0, 1, 1] as const,
      iscrowd: 0 as const,
    }))
  ).map((annotation, i) => ({ ...annotation, id: i + 1 }));
  const evaluator = new Evaluator({
    images: pictures.map((_, id) => ({ id, height: HEIGHT, width: WIDTH })),
    categories: [1, 2].map((id) => ({ id, name: `${id}` })),
    annotations,
  }, { byCount: {} });
  pictures.forEach(({ masks }, image) => {
    for (const { size, counts } of masks) {
      evaluator.add({
        image_id: image,
        category_id: 1,
        segmentation: { size, counts: Array.from(counts) },
        score: 1,
      });
    }
  });
  const { recallByCount } = evaluator.finish();
  const { recall } = summarise(pictures.map(studied), { resamples: 10 });
  COUNT_BUCKETS.forEach((bucket, i) => {
    const objects = recallByCount!.objects[i];
    assert.equal(recall[bucket].count, objects, bucket);
    // Sums of tenths in another order.
    if (objects) assert.ok(Math.abs(recall[bucket].value - recallByCount!.recall[i]) < 1e-12);
    else assert.ok(Number.isNaN(recall[bucket].value));
  });
  assert.ok(COUNT_BUCKETS.filter((_, i) => recallByCount!.objects[i] > 0).length >= 5);
});

Deno.test("studyPicture takes out pixels of which nobody says what they are", () => {
  const object = { category: 1, mask: box(0, 0, 8, 8) };
  const input = { ...PLACEMENT, masks: [box(0, 0, 16, 8)], clusterings: [], keys: null };
  assert.equal(studyPicture(input, [object]).objects[0].iou, 0.5);
  const unknown = box(8, 0, 4, 24);
  assert.equal(studyPicture({ ...input, unknown }, [object]).objects[0].iou, 64 / 96);
  // Nothing is unknown: run lengths that begin with a 0 count and those that do not.
  assert.equal(studyPicture({ ...input, unknown: box(0, 0, 0, 0) }, [object]).objects[0].iou, 0.5);
});

Deno.test("studyPicture counts categories, pairs and cosines of a picture", () => {
  const objects = [[0, 0, 1], [16, 0, 1], [0, 12, 2]].map(([x, y, category]) => ({
    category,
    mask: box(x, y, 8, 8),
  }));
  const labels = Uint32Array.from({ length: 48 }, (_, cell) => cell < 16 ? 1 : 0);
  const keys = Float32Array.from({ length: 48 * 2 }, (_, at) => at % 2 === Number(at < 32) ? 1 : 0);
  const { objects: found, merges, cosines, withoutPatch, masks } = studyPicture(
    { ...PLACEMENT, masks: [], clusterings: [{ k: 2, labels }], keys },
    [...objects, { category: 2, mask: box(31, 23, 1, 1) }],
  );
  assert.deepEqual(found.map(({ count }) => count), [2, 2, 2, 2]);
  assert.ok(found.every(({ iou }) => iou === 0));
  assert.deepEqual([withoutPatch, masks], [1, 0]);
  const pairs = { same: { merged: 1, pairs: 1 }, other: { merged: 0, pairs: 2 } };
  assert.deepEqual(merges, [{ k: 2, ...pairs }]);
  // Four patches an object; the keys of the upper two rows are (0, 1), of the others (1, 0).
  assert.deepEqual(cosines, {
    instance: { sum: 18, pairs: 18 },
    category: { sum: 16, pairs: 16 },
    other: { sum: 0, pairs: 32 },
  });
});

Deno.test("summarise takes gaps within pictures that have both sides", () => {
  const sum = (mean: number, pairs = 4) => ({ sum: mean * pairs, pairs });
  const none = { sum: 0, pairs: 0 };
  const picture = (instance: number, category: number | null, other: number | null) => ({
    ...withIous(0, 0),
    cosines: {
      instance: sum(instance),
      category: category === null ? none : sum(category, 7),
      other: other === null ? none : sum(other, 100),
    },
  });
  const { keys } = summarise([
    picture(0.9, 0.7, 0.1),
    picture(0.8, 0.7, 0.3),
    picture(0.2, null, 0.1), // a dull picture without a second instance moves no gap
    picture(0.9, 0.6, null),
  ]);
  const close = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 1e-12);
  close(keys.instance.value, 0.7);
  close(keys.category.value, 2 / 3);
  assert.deepEqual([keys.instance, keys.category, keys.other].map(({ count }) => count), [4, 3, 3]);
  close(keys.instanceGap.value, 0.2);
  close(keys.categoryGap.value, 0.5);
  close(keys.gapRatio.value, 0.4);
  close(keys.instanceShare.value, 2 / 7);
});

/** A picture of two objects of one category and a third, with these best IoUs. */
const withIous = (pair: number, single: number): PictureStudy => ({
  objects: [{ count: 2, iou: pair }, { count: 2, iou: pair }, { count: 1, iou: single }],
  withoutPatch: 0,
  masks: 3,
  merges: [],
  cosines: null,
  saliency: null,
});

Deno.test("testClaims tells what holds, what does not and what cannot be said", () => {
  const next = generator(5);
  const varied = (pair: number, single: number) =>
    Array.from({ length: 60 }, () => withIous(pair + 0.2 * next(), single + 0.2 * next()));
  const claims = testClaims([
    { name: "m", method: "mae", pictures: varied(0.7, 0.5) },
    { name: "d", method: "dino", pictures: varied(0.5, 0.7) },
    { name: "twin", method: null, pictures: varied(0.7, 0.5) },
    { name: "another m", method: "mae", pictures: varied(0.9, 0.5) }, // no rival of the first
  ], { resamples: 200 });
  const verdicts = Object.fromEntries(claims.map(({ id, verdict }) => [id, verdict]));
  // DINO leads by 0.2 on singles, MAE on pairs, but not before its twin.
  assert.deepEqual(verdicts, {
    a: "holds",
    b: "within error",
    c: "untested",
    d: "untested",
    e: "holds",
    f: "untested",
    g: "untested",
  });
  assert.deepEqual(claims[1].comparisons.map(({ verdict }) => verdict), ["holds", "within error"]);
  const reversed = testClaims([
    { name: "m", method: "mae", pictures: varied(0.5, 0.7) },
    { name: "d", method: "dino", pictures: varied(0.7, 0.5) },
  ], { resamples: 200 });
  assert.deepEqual(reversed.map(({ verdict }) => verdict).slice(0, 2), [
    "does not hold",
    "does not hold",
  ]);
  const few = testClaims([
    { name: "m", method: "mae", pictures: varied(0.5, 0.7).slice(0, 4) },
    { name: "d", method: "dino", pictures: varied(0.7, 0.5).slice(0, 4) },
  ]);
  assert.ok(few.every(({ verdict }) => verdict === "untested"), "four pictures are too few");
  assert.throws(
    () =>
      testClaims([
        { name: "m", method: "mae", pictures: varied(0, 0) },
        { name: "d", method: "dino", pictures: [] },
      ]),
    { message: "testClaims: all extractors need the same pictures, got 60 of m, 0 of d" },
  );
});

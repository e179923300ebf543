import { type CocoSegmentation, decodeRle, rleFromSegmentation } from "@fiedler/coco";
import {
  annotationOf,
  decodeBrush,
  encodeBrush,
  gatherInstances,
  type Instances,
  joinPolygons,
  type Known,
  labelStudioConfig,
  labelStudioTask,
  outlinesOf,
  type PictureInstances,
  readLabelStudio,
  readTruth,
  readVocMaps,
  readYoloConfig,
  readYoloLabels,
  vocMaps,
  yoloConfig,
  yoloLabels,
} from "@fiedler/data";
import assert from "node:assert/strict";
import fc from "fast-check";
import { localFiles } from "../../packages/cli/local_files.ts";
import { formatError } from "../io/fixtures.ts";

const CATEGORIES = [{ id: 7, name: 'cat & "dog"' }, { id: 3, name: "égal: yes" }];

const pixelsOf = (segmentation: CocoSegmentation, height: number, width: number) =>
  decodeRle(
    Array.from(rleFromSegmentation(segmentation, height, width).counts),
    height,
    width,
  );

/** Counts of a mask of random runs. */
const anyCounts = (total: number) =>
  fc.array(fc.integer({ min: 1, max: Math.max(2, total / 3 | 0) }), { maxLength: 12 }).map(
    (runs) => {
      const counts: number[] = [];
      let left = total;
      for (const run of runs) {
        if (run >= left) break;
        counts.push(run);
        left -= run;
      }
      return [...counts, left];
    },
  );

/** Polygons whose vertices are on tenths of a pixel, as people draw them; some beyond the edge. */
const anyPolygons = (height: number, width: number) =>
  fc.array(
    fc.array(
      fc.tuple(
        fc.integer({ min: -10, max: 10 * width + 10 }),
        fc.integer({ min: -10, max: 10 * height + 10 }),
      ),
      { minLength: 3, maxLength: 8 },
    ).map((points) => points.flat().map((value) => value / 10)),
    { minLength: 1, maxLength: 3 },
  );

/** A picture with a few instances in every form COCO has. */
const anyPicture: fc.Arbitrary<PictureInstances> = fc.tuple(
  fc.integer({ min: 1, max: 23 }),
  fc.integer({ min: 1, max: 23 }),
).chain(([height, width]) => {
  const image = { id: 12, file_name: "folder/ä 1.jpg", width, height };
  const segmentation: fc.Arbitrary<CocoSegmentation> = fc.oneof(
    anyPolygons(height, width),
    anyCounts(height * width).map((counts) => ({ size: [height, width] as const, counts })),
  );
  const annotation = fc.record({
    segmentation,
    category_id: fc.constantFrom(7, 3),
    iscrowd: fc.constantFrom<0 | 1>(0, 0, 0, 1),
  });
  return fc.array(annotation, { maxLength: 4 }).map((list) => ({
    image,
    annotations: list.map(({ segmentation, ...rest }) => annotationOf(segmentation, image, rest)),
  }));
});

const KNOWN = ({ image }: PictureInstances): Known => ({
  images: [image],
  categories: CATEGORIES,
});

/** Category, crowd and pixels of each instance: what must survive. */
const essence = ({ image: { height, width }, annotations }: PictureInstances) =>
  annotations.map(({ category_id, iscrowd, segmentation }) => ({
    category_id,
    iscrowd,
    pixels: pixelsOf(segmentation, height, width).join(""),
  }));

const hasPixels = ({ pixels }: { pixels: string }) => pixels.includes("1");

const RUNS = { seed: 1, numRuns: 1_000 };

Deno.test("outlines and joined parts fill back to the mask they came from", () => {
  fc.assert(
    fc.property(anyPicture, ({ image: { height, width }, annotations }) => {
      for (const { segmentation } of annotations) {
        const pixels = pixelsOf(segmentation, height, width);
        const parts = outlinesOf(segmentation, { height, width });
        if (parts.length === 0) {
          assert.ok(!pixels.includes(1));
          continue;
        }
        assert.deepEqual(pixelsOf(parts, height, width), pixels);
        assert.deepEqual(pixelsOf([joinPolygons(parts)], height, width), pixels);
      }
    }),
    RUNS,
  );
});

Deno.test("COCO → Label Studio → COCO keeps every mask, as polygons and as brushes", () => {
  fc.assert(
    fc.property(
      anyPicture,
      fc.constantFrom("polygon" as const, "brush" as const),
      fc.constantFrom("annotations" as const, "predictions" as const),
      (picture, shape, as) => {
        const tasks = [labelStudioTask(picture, CATEGORIES, { shape, as })];
        const stored = JSON.parse(JSON.stringify(tasks));
        const read = readLabelStudio(stored, KNOWN(picture));
        // A mask without pixels has no outline, and so no polygon region.
        const kept = essence(picture).filter((one) =>
          hasPixels(one) || shape === "brush" || one.iscrowd
        );
        const came = essence(read.pictures[0]);
        assert.deepEqual(came.filter(hasPixels), kept.filter(hasPixels));
        assert.deepEqual(read.notes, []);
        const own = readLabelStudio(stored, null).pictures[0];
        assert.deepEqual(own.image, picture.image, "the task itself knows picture, id and size");
      },
    ),
    RUNS,
  );
});

Deno.test("COCO → YOLO → COCO keeps every mask but crowds, which it counts", () => {
  fc.assert(
    fc.property(anyPicture, (picture) => {
      const { text, crowds, empty } = yoloLabels(picture, CATEGORIES);
      const annotations = readYoloLabels(text, picture.image, CATEGORIES, "a.txt");
      const before = essence(picture).filter(({ iscrowd }) => iscrowd === 0);
      const after = essence({ image: picture.image, annotations });
      assert.deepEqual(after.filter(hasPixels), before.filter(hasPixels));
      assert.equal(crowds, picture.annotations.length - before.length);
      assert.equal(after.length, before.length - empty);
    }),
    RUNS,
  );
});

Deno.test("COCO → VOC maps → COCO gives each pixel to the best, and counts what is lost", () => {
  fc.assert(
    fc.property(anyPicture, fc.boolean(), ({ image, annotations }, scored) => {
      const picture = {
        image,
        annotations: annotations.map((one, i) => scored ? { ...one, score: i / 8 } : one),
      };
      const { objects, classes, lost } = vocMaps(picture, CATEGORIES);
      const read = readVocMaps(objects, classes, image, CATEGORIES);
      const all = essence(picture).filter(({ iscrowd }) => iscrowd === 0);
      const ranked = scored ? all.toReversed() : all;
      const taken = new Array(image.width * image.height).fill(false);
      const expected = ranked.map(({ pixels, ...rest }) => ({
        ...rest,
        pixels: Array.from(pixels, (bit, i) => {
          if (bit === "0" || taken[i]) return "0";
          taken[i] = true;
          return "1";
        }).join(""),
      }));
      assert.deepEqual(essence(read), expected.filter(hasPixels));
      assert.equal(lost, expected.length - expected.filter(hasPixels).length);
    }),
    RUNS,
  );
});

Deno.test("crowds are void in VOC maps, where no object is", () => {
  const image = { id: 1, file_name: "a.jpg", width: 3, height: 1 };
  const annotations = [
    annotationOf({ size: [1, 3], counts: [0, 2, 1] }, image, { category_id: 3, iscrowd: 1 }),
    annotationOf([[1, 0, 2, 0, 2, 1, 1, 1]], image, { category_id: 7 }),
  ];
  const { objects, classes } = vocMaps({ image, annotations }, CATEGORIES);
  assert.deepEqual([...objects.data], [255, 1, 0]);
  assert.deepEqual([...classes.data], [255, 2, 0]); // 3 comes before 7
  const read = readVocMaps(objects, classes, image, CATEGORIES);
  assert.deepEqual([...pixelsOf(read.image.void!, 1, 3)], [1, 0, 0]);
});

Deno.test("the 255th instance has no place in a VOC map", () => {
  const image = { id: 1, file_name: "a.jpg", width: 300, height: 1 };
  const annotations = Array.from(
    { length: 260 },
    (_, i) => annotationOf([[i, 0, i + 1, 0, i + 1, 1, i, 1]], image, { category_id: 3 }),
  );
  const { objects, lost } = vocMaps({ image, annotations }, CATEGORIES);
  assert.equal(lost, 6);
  assert.equal(Math.max(...objects.data), 254);
});

Deno.test("encodeBrush() writes the bits that Label Studio's converter writes", () => {
  // By hand from the format: 32 bits for 12 values, 5 for 8-bit values, sizes 3, 4, 8, 16; then
  // runs of 4 and 8 values: 1, size 0, length - 1 in 3 bits, value.
  const bits = "00000000000000000000000000001100" + "00111" + "0010" + "0011" + "0111" + "1111" +
    "1" + "00" + "011" + "00000000" + "1" + "00" + "111" + "11111111";
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0");
  const bytes = padded.match(/.{8}/g)!.map((byte) => parseInt(byte, 2));
  assert.deepEqual(encodeBrush(Uint8Array.of(0, 1, 1)), bytes);
});

Deno.test("brushes come back, at every length that changes the size of a run", () => {
  for (const run of [1, 2, 3, 4, 5, 63, 64, 65, 16384, 16385, 40000]) {
    const mask = new Uint8Array(run + 7).fill(1, 3, 3 + run);
    assert.deepEqual(decodeBrush(encodeBrush(mask), mask.length, "mask"), mask, `${run}`);
  }
});

Deno.test("decodeBrush() reads single values, takes alpha alone, and refuses what is cut", () => {
  // Four values of 8 bits one by one: red 9, green 9, blue 9, alpha 0; then alpha 1.
  const bits = "00000000000000000000000000001000" + "00111" + "0010001101111111" +
    "0" + "00" + "111" +
    [9, 9, 9, 0, 0, 0, 0, 1].map((v) => v.toString(2).padStart(8, "0")).join("");
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0").match(/.{8}/g)!
    .map((byte) => parseInt(byte, 2));
  assert.deepEqual(decodeBrush(bytes, 2, "mask"), Uint8Array.of(0, 1));
  assert.throws(() => decodeBrush(bytes, 3, "mask"), formatError(/of 12 values, got 8/));
  const cut = bytes.slice(0, -2);
  assert.throws(() => decodeBrush(cut, 2, "mask"), formatError(/rle ends after .* too early/));
});

const region = (type: string, value: object, more: object = {}) => ({
  id: "a",
  type,
  value,
  original_width: 100,
  original_height: 50,
  ...more,
});
const task = (...result: object[]) => ({
  data: { image: "/data/upload/3/0123abcd-my%20cat.jpg?v=2#1" },
  annotations: [{ was_cancelled: true, result: [{}] }, { result }],
});

Deno.test("readLabelStudio() reads tasks as people have them", () => {
  const square = { points: [[0, 0], [10, 0], [10, 20], [0, 20]], polygonlabels: ["cat"] };
  const rectangle = { x: 50, y: 50, width: 1, height: 2, rotation: 0, rectanglelabels: ["dog"] };
  const ellipse = { x: 1, y: 1, radiusX: 1, radiusY: 1, ellipselabels: ["cat"] };
  const { pictures: [{ image, annotations }], categories, notes }: Instances & {
    notes: readonly string[];
  } = readLabelStudio([
    task(
      region("polygonlabels", square),
      region("rectanglelabels", rectangle, { id: "b" }),
      region("ellipselabels", ellipse, { id: "c" }),
    ),
  ], null);
  assert.deepEqual(image, { id: 1, file_name: "my cat.jpg", width: 100, height: 50 });
  assert.deepEqual(categories, [{ id: 1, name: "cat" }, { id: 2, name: "dog" }]);
  assert.deepEqual(annotations.map(({ bbox }) => bbox), [[0, 0, 10, 10], [50, 25, 1, 1]]);
  assert.deepEqual(notes, ["regions of type ellipselabels, not read: 1"]);
});

Deno.test("readLabelStudio() names task, region and field", () => {
  const polygon = (points: unknown, labels: unknown = ["cat"]) =>
    region("polygonlabels", { points, polygonlabels: labels });
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{}, /^tasks must be a list, got \{\}/],
    [[7], /tasks\[0\] must be an object, got 7/],
    [[{ data: {} }], /tasks\[0\]\.data\.image must be text, got nothing/],
    [[{ data: { image: "a.jpg" } }], /a\.jpg: no region says how large it is/],
    [[task(polygon([[0, 0], [1, 1]]))], /tasks\[0\]: region 1 must have three points or more/],
    [[task(polygon([[0, 0], [1, 1], [1]]))], /points\[2\] must be two numbers/],
    [[task(polygon([[0, 0], [1, 1], [1, "x"]]))], /points\[2\]\[1\] must be a number, got "x"/],
    [[task(polygon([[0, 0], [1, 1], [2, 0]], []))], /region 1 must have one label, got 0/],
    [
      [task(region("rectanglelabels", { x: 0, y: 0, width: 9, height: 9, rotation: 30 }))],
      /region 1 is a turned rectangle/,
    ],
    [[{ data: { image: "x", file_name: "../x" } }], /must be a path inside the folder/],
  ];
  for (const [tasks, message] of cases) {
    assert.throws(() => readLabelStudio(tasks, null), formatError(message));
  }
  const known = {
    images: [{ id: 5, file_name: "my cat.jpg", width: 100, height: 50 }],
    categories: CATEGORIES,
  };
  const triangle = task(polygon([[0, 0], [1, 1], [2, 0]]));
  const refused = (images: Known["images"], message: RegExp, tasks = [triangle]) =>
    assert.throws(
      () => readLabelStudio(tasks, { ...known, images }),
      formatError(message),
    );
  const [image] = known.images;
  refused(known.images, /there is no category "cat"/);
  refused([], /tasks\[0\]: my cat\.jpg is none of the known pictures/);
  refused([{ ...image, width: 99 }], /my cat\.jpg is 100 × 50, known as 99 × 50/);
  refused(known.images, /tasks\[1\]: my cat\.jpg has the id of tasks\[0\], 5/, [
    triangle,
    triangle,
  ]);
  const twins = ["a", "b"].map((folder) => ({ ...image, file_name: `${folder}/my cat.jpg` }));
  refused(twins, /my cat\.jpg may be a\/my cat\.jpg or b\/my cat\.jpg/);
});

Deno.test("labelStudioConfig() escapes names; yoloConfig() comes back by id", () => {
  assert.match(labelStudioConfig(CATEGORIES), /<Label value="cat &amp; &quot;dog&quot;" \/>/);
  assert.deepEqual(readYoloConfig(yoloConfig(CATEGORIES), "data.yaml"), [
    { id: 1, name: "égal: yes" },
    { id: 2, name: 'cat & "dog"' },
  ]);
  const dashes = "train: images # here\nnames:\n  - cat\n  - 'Max''s dog'\nnc: 2\n";
  assert.deepEqual(readYoloConfig(dashes, "data.yaml").map(({ name }) => name), [
    "cat",
    "Max's dog",
  ]);
  assert.throws(() => readYoloConfig("nc: 2", "d"), formatError(/needs "names:"/));
  assert.throws(() => readYoloConfig("names:\n  1: a", "d"), formatError(/class 0 must come/));
});

Deno.test("readYoloLabels() names the line", () => {
  const image = { id: 1, file_name: "a.jpg", width: 10, height: 10 };
  const cases: readonly (readonly [string, RegExp])[] = [
    ["0 0 0 1 0 1 1\n2 0 0 1 0 1 1", /a\.txt: line 2: class must be 0 to 1, got 2/],
    ["cat 0 0 1 0 1 1", /line 1: class must be 0 to 1, got cat/],
    ["0 0.5 0.5 1 1", /line 1 is a box, not a polygon/],
    ["0 0 0 1 0 1 1 1", /line 1: needs x and y of three points/],
    ["0 0 0 1 0 1 x", /line 1: needs x and y of three points or more, as numbers/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => readYoloLabels(text, image, CATEGORIES, "a.txt"), formatError(message));
  }
  assert.deepEqual(readYoloLabels("\n\n", image, CATEGORIES, "a.txt"), []);
});

/** As {@linkcode essence} for large pictures: runs in place of pixels. */
const runs = ({ image: { height, width }, annotations }: PictureInstances) =>
  annotations.map(({ category_id, iscrowd, segmentation }) => ({
    category_id,
    iscrowd,
    counts: Array.from(rleFromSegmentation(segmentation, height, width).counts).join(","),
  }));

Deno.test("COCO's own objects come back from every format, where the photos are at hand", async (t) => {
  const root = new URL("../../../shared/data/coco-train", import.meta.url).pathname;
  const there = await Deno.stat(root).then(() => true, () => false);
  await t.step({
    name: `1,580 objects of 166 pictures${there ? "" : " (absent: not tested)"}`,
    ignore: !there,
    async fn() {
      const truth = await readTruth(localFiles(root), "instances.json");
      const { pictures, categories } = await gatherInstances(truth);
      let count = 0;
      for (const { image, annotations } of pictures) {
        const picture = { image, annotations };
        const before = runs(picture);
        const known = { images: [image], categories };
        for (const shape of ["polygon", "brush"] as const) {
          const task = JSON.parse(JSON.stringify(labelStudioTask(picture, categories, { shape })));
          assert.deepEqual(runs(readLabelStudio([task], known).pictures[0]), before);
        }
        const { text, crowds, empty } = yoloLabels(picture, categories);
        const objects = readYoloLabels(text, image, categories, image.file_name);
        const single = before.filter(({ iscrowd }) => iscrowd === 0);
        assert.deepEqual(runs({ image, annotations: objects }), single);
        assert.equal(before.length - single.length, crowds);
        assert.equal(empty, 0);
        count += before.length;
      }
      assert.equal(count, 1580);
    },
  });
});

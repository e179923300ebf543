import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type CocoFormatError,
  type CocoInstances,
  loadCocoInstances,
  readCocoInstances,
  writeCocoInstances,
} from "@fiedler/coco";

/** The bytes of a text in pieces of `size`. */
function pieces(text: string, size = 13): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

const load = (text: string, size?: number) => loadCocoInstances(pieces(text, size));

const write = async (truth: CocoInstances) =>
  (await Array.fromAsync(writeCocoInstances(truth))).join("");

const nuclei = "fixtures/nuclei/instances.json";

Deno.test("readCocoInstances() reads the nuclei as JSON.parse() does", async () => {
  const text = await Deno.readTextFile(nuclei);
  const expected = JSON.parse(text);
  const { images, annotations, categories } = await load(text, 4096);
  assert.ok(annotations.length > 100);
  const pick = <T extends object>(list: T[], keys: readonly string[]) =>
    list.map((entry) => Object.fromEntries(keys.map((key) => [key, entry[key as keyof T]])));
  const shape = ["id", "image_id", "category_id", "segmentation", "bbox", "area", "iscrowd"];
  assert.deepEqual(images, pick(expected.images, ["id", "width", "height", "file_name"]));
  assert.deepEqual(annotations, pick(expected.annotations, shape));
  assert.deepEqual(categories.map(({ id, name }) => [id, name]), [
    [expected.categories[0].id, expected.categories[0].name],
  ]);
});

Deno.test("what writeCocoInstances() writes is read again, with the same bytes", async () => {
  const ids = fc.uniqueArray(fc.maxSafeInteger(), { maxLength: 5 });
  const image = ids.map((list) =>
    list.map((id) => ({ id, width: 4, height: 3, file_name: `ä"${id}.jpg` }))
  );
  const category = ids.map((list) => list.map((id) => ({ id, name: "é", supercategory: "s" })));
  const shape = fc.constantFrom(
    { segmentation: [[0, 0, 2, 0.1, 3, 2], [1, 1, 2, 2, 1e-7, 0]] },
    { segmentation: { size: [2, 2] as const, counts: [1, 3] }, area: 3 },
    { segmentation: { size: [2, 2] as const, counts: "22" }, bbox: [1, 0, 1, 2] as const },
    { bbox: [0.5, 0.25, 1, 2] as const, area: 0.1 + 0.2 },
  );
  const annotation = fc.uniqueArray(
    fc.tuple(fc.integer(), shape, fc.constantFrom(0 as const, 1 as const)),
    { selector: ([id]) => id, maxLength: 6 },
  ).map((list) =>
    list.map(([id, fields, iscrowd]) => ({ id, image_id: 7, category_id: 1, ...fields, iscrowd }))
  );
  const truth = fc.record(
    { images: image, annotations: annotation, categories: category },
    { noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(truth, fc.integer({ min: 1, max: 80 }), async (truth, size) => {
      const text = await write(truth);
      const again = await load(text, size);
      assert.deepEqual(again, truth);
      assert.equal(await write(again), text);
      assert.deepEqual(JSON.parse(text), truth);
    }),
    { seed: 14, numRuns: 500 },
  );
});

Deno.test("the lists come in any order, with other fields between them", async () => {
  const text = `\ufeff{"categories": [{"id": "3", "name": "cat", "skeleton": [[1, 2]]}],
    "info": {"year": 2017, "x": [{}]}, "licenses": [{"id": 1}, 2, "]"],
    "annotations": [
      {"id": 5, "image_id": 9, "category_id": 3, "bbox": [0, 0, 1, 1], "iscrowd": true},
      {"id": 6, "image_id": 9.0, "category_id": 3, "segmentation": [[0, 0, 1, 1]], "bbox": []}],
    "x": null, "images": [{"id": 9, "height": 3, "width": 4.0, "license": 1}], "y": [] }\n`;
  for (const size of [1, 2, 5, 1000]) {
    const kinds: string[] = [];
    for await (const { kind, value } of readCocoInstances(pieces(text, size))) {
      kinds.push(`${kind} ${value.id}`);
    }
    assert.deepEqual(kinds, ["category 3", "annotation 5", "annotation 6", "image 9"]);
    assert.deepEqual(await load(text, size), {
      images: [{ id: 9, width: 4, height: 3 }],
      annotations: [
        { id: 5, image_id: 9, category_id: 3, bbox: [0, 0, 1, 1], iscrowd: 1 },
        { id: 6, image_id: 9, category_id: 3, segmentation: [[0, 0, 1, 1]], iscrowd: 0 },
      ],
      categories: [{ id: 3, name: "cat" }],
    });
  }
});

const image = '{"id":1,"width":4,"height":3}';
const object = '{"id":1,"image_id":1,"category_id":1,"bbox":[0,0,1,1]}';
const file = (images: string, annotations: string, categories = "") =>
  `{"images":[${images}],"annotations":[${annotations}],"categories":[${categories}]}`;

Deno.test("readCocoInstances() refuses by name what is no ground truth", async () => {
  const wrongObject = (from: string, to: string) => file(image, object.replace(from, to));
  const cases: readonly [string, string][] = [
    [
      "[]",
      "instances: needed an object with images and annotations; an array may be results, " +
      "got an array",
    ],
    ['{"images":[]}', "instances: annotations is missing"],
    ['{"annotations":[]}', "instances: images is missing"],
    ['{"images":{}}', "images: needed an array, got an object"],
    ['{"images":[],"images":[]}', 'instances: the key "images" comes twice'],
    [file("7", ""), "images[0]: needed an image, got 7"],
    [file('{"width":4,"height":3}', ""), "images[0]: id is missing"],
    [file('{"id":1,"height":3}', ""), "images[0]: width is missing"],
    [file('{"id":1,"width":4}', ""), "images[0]: height is missing"],
    [file(image.replace("4", "0"), ""), "images[0].width: needed a whole number ≥ 1, got 0"],
    [
      file(image.replace("}", ',"file_name":3}'), ""),
      "images[0].file_name: needed a string, got 3",
    ],
    [file(`${image},${image}`, ""), "images[1]: id 1 is that of images[0] too"],
    [file(image, `${object},${object}`), "annotations[1]: id 1 is that of annotations[0] too"],
    [
      file("", "", '{"id":2},{"id":3},{"id":2}'),
      "categories[2]: id 2 is that of categories[0] too",
    ],
    [file("", "", '{"name":"a"}'), "categories[0]: id is missing"],
    [file("", "", '{"id":1,"name":null}'), "categories[0].name: needed a string, got null"],
    [wrongObject('"id":1,', ""), "annotations[0]: id is missing"],
    [wrongObject('"image_id":1,', ""), "annotations[0]: image_id is missing"],
    [wrongObject('"category_id":1,', ""), "annotations[0]: category_id is missing"],
    [wrongObject("[0,0,1,1]", "[]"), "annotations[0]: needs a segmentation or a bbox"],
    [wrongObject("[0,0,1,1]", "[0,0,1,1"), 'annotations[0].bbox: needed "," or "]", got "}"'],
    [wrongObject("}", ',"area":-1}'), "annotations[0].area: needed a number ≥ 0, got -1"],
    [wrongObject("}", ',"area":NaN}'), "annotations[0].area: needed a number, got NaN"],
    [wrongObject("}", ',"iscrowd":2}'), "annotations[0].iscrowd: needed 0 or 1, got 2"],
    [wrongObject("}", ',"iscrowd":"0"}'), "annotations[0].iscrowd: needed 0 or 1, got a string"],
    [
      wrongObject("}", ',"segmentation":[[0,0,1,1],[0,0,1,1,2]]}'),
      "annotations[0].segmentation: polygon 0 must be x, y of at least three vertices, " +
      "got 4 numbers",
    ],
    [
      wrongObject("}", ',"segmentation":[[0,0,1,1,2,1e10]]}'),
      "annotations[0].segmentation: polygon 0[5] must be a number within ±429496728, " +
      "got 10000000000",
    ],
    [
      wrongObject("}", ',"segmentation":{"size":[3,4],"counts":"023"}}'),
      "annotations[0].segmentation.counts: must sum to 3 × 4, the size, got 5",
    ],
    [file(image, object) + "]", 'instances: needed the end of the file, got "]"'],
    [file(image, object).slice(0, -3), "categories: the file ends here, inside a value"],
  ];
  for (const [text, what] of cases) {
    const error: CocoFormatError = await load(text, 1000).then(() => null, (e) => e);
    assert.equal(error?.name, "CocoFormatError", what);
    assert.equal(error.message.replace(/ \(line 1, column \d+\)$/, ""), what);
  }
});

Deno.test("the 1,833rd annotation is named as such, with its line", async () => {
  const objects = Array.from(
    { length: 2_000 },
    (_, i) =>
      `\n${object.replace('"id":1', `"id":${i}`).replace("[0,", i === 1832 ? "[x," : "[0,")}`,
  );
  const error: CocoFormatError = await load(file(image, objects.join())).then(() => null, (e) => e);
  assert.equal(error.path, "annotations[1832].bbox[0]");
  assert.equal(error.position.line, 1834);
  assert.equal(error.position.column, objects[1832].indexOf("[x") + 1);
});

Deno.test("writeCocoInstances() refuses numbers that JSON has not", async () => {
  const annotation = { id: 1, image_id: 1, category_id: 1, iscrowd: 0 } as const;
  const annotations = [annotation, { ...annotation, segmentation: [[0, 0, 1, NaN, 2, 2]] }];
  await assert.rejects(write({ images: [], annotations, categories: [] }), {
    name: "RangeError",
    message: "writeCocoInstances: annotations[1].segmentation must be finite, got NaN",
  });
});

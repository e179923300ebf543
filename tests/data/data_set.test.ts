import assert from "node:assert/strict";
import {
  DATA_SETS,
  DataError,
  type DataSetInfo,
  findDamage,
  findDataSet,
  listPictures,
  memoryFiles,
  openDataSet,
  pictureIds,
  readTruth,
  renumberPictures,
  truthJson,
} from "@fiedler/data";
import { localFiles } from "../../packages/cli/local_files.ts";
import { formatError } from "../io/fixtures.ts";
import { cocoJson, picture } from "./make_sets.ts";

/** A known data set, told that it has so few pictures. */
const small = (name: string, pictures: number): DataSetInfo => ({
  ...findDataSet(name)!,
  pictures,
  annotations: null,
});

const names = ["000000000139.jpg", "000000000285.jpg"];

const val2017 = () => ({
  "annotations/instances_val2017.json": cocoJson(names),
  "val2017/000000000139.jpg": picture(8, 6),
  "val2017/000000000285.jpg": picture(8, 6),
  "val2017/Thumbs.db": "of no interest",
});

const fails = (promise: Promise<unknown>, what: RegExp) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof DataError, `${error}`);
    assert.match(error.what, what);
    assert.match(error.advice, /fiedler data info/);
    return true;
  });

Deno.test("COCO 2017: pictures, bytes and ground truth of a split", async () => {
  const files = memoryFiles(val2017());
  const dataSet = openDataSet(small("coco-val2017", 2), files);
  const entries = await listPictures(dataSet);
  assert.deepEqual(entries, [
    { id: 100, name: names[0], path: `val2017/${names[0]}` },
    { id: 101, name: names[1], path: `val2017/${names[1]}` },
  ]);
  assert.deepEqual(await files.read(entries[0].path), picture(8, 6));
  const truth = (await dataSet.truth())!;
  const annotations = await Array.fromAsync(truth.annotations);
  assert.deepEqual(annotations.map(({ iscrowd }) => iscrowd), [0, 0, 1]);
  assert.deepEqual(truth.categories, [{ id: 3, name: "car", supercategory: "vehicle" }]);
});

Deno.test("a half-downloaded split says how much is there and what is missing", async () => {
  const contents: Record<string, Uint8Array | string> = {
    ...val2017(),
    "val2017/000000000285.jpg": "",
  };
  delete contents["val2017/000000000139.jpg"];
  const half = openDataSet(small("coco-val2017", 2), memoryFiles(contents));
  assert.deepEqual(await findDamage(half, await half.entries()), {
    missing: ["val2017/000000000139.jpg"],
    empty: ["val2017/000000000285.jpg"],
  });
  await fails(
    listPictures(half),
    /0 of 2 pictures are there; missing: val2017\/0{9}139\.jpg; empty: val2017\/0{9}285\.jpg/,
  );
  const other = openDataSet(small("coco-train2017", 2), memoryFiles(val2017()));
  await fails(other.entries(), /there is no annotations\/instances_train2017\.json/);
  const { "annotations/instances_val2017.json": json } = val2017();
  const bare = memoryFiles({ "annotations/instances_val2017.json": json });
  await fails(openDataSet(small("coco-val2017", 2), bare).entries(), /there is no folder val2017/);
  await fails(
    listPictures(openDataSet(findDataSet("coco-val2017")!, memoryFiles(val2017()))),
    /coco-val2017 has 5000 pictures, here are 2/,
  );
});

Deno.test("COCO unlabeled: pictures only, ids by name", async () => {
  const files = memoryFiles({ "unlabeled2017/000000000008.jpg": picture(2, 2) });
  const dataSet = openDataSet(small("coco-unlabeled2017", 1), files);
  assert.deepEqual((await listPictures(dataSet)).map(({ id }) => id), [8]);
  assert.equal(await dataSet.truth(), null);
  await fails(
    openDataSet(small("coco-unlabeled2017", 1), memoryFiles({ a: "" })).entries(),
    /no f/,
  );
});

Deno.test("COCO20k: the listed pictures of train2014, without crowds", async () => {
  const all = [9, 25, 30].map((id) => `COCO_train2014_${String(id).padStart(12, "0")}.jpg`);
  const contents = {
    "annotations/instances_train2014.json": cocoJson(all),
    "coco20k_files.txt": `train2014/${all[2]}\n${all[0]}\n`,
    [`train2014/${all[0]}`]: picture(8, 6),
    [`train2014/${all[2]}`]: picture(8, 6),
  };
  const dataSet = openDataSet(small("coco20k", 2), memoryFiles(contents));
  assert.deepEqual((await listPictures(dataSet)).map(({ name }) => name), [all[2], all[0]]);
  const annotations = await Array.fromAsync((await dataSet.truth())!.annotations);
  assert.deepEqual(annotations.map(({ image_id, iscrowd }) => [image_id, iscrowd]), [
    [100, 0],
    [102, 0],
  ]);
  const { "coco20k_files.txt": _, ...without } = contents;
  const noList = openDataSet(small("coco20k", 2), memoryFiles(without));
  await fails(noList.truth(), /there is no coco20k_files\.txt/);
  const odd = { ...contents, "coco20k_files.txt": "dog.jpg\n" };
  await fails(
    openDataSet(small("coco20k", 2), memoryFiles(odd)).truth(),
    /1 of 1 names .*dog\.jpg/,
  );
});

Deno.test("UVO: frames in folders of their videos", async () => {
  const files = memoryFiles({
    "annotations/val_sparse_cleaned_cls_agnostic.json": cocoJson(["video1/12.png"], 1),
    "all_UVO_frames/video1/12.png": picture(8, 6),
  });
  // No file lies directly in all_UVO_frames: it is a folder all the same.
  const [entry] = await listPictures(openDataSet(findDataSet("uvo-sparse-val")!, files));
  assert.deepEqual(entry, { id: 1, name: "video1/12.png", path: "all_UVO_frames/video1/12.png" });
});

Deno.test("any folder, with COCO JSON and without; two files of it are asked about", async () => {
  const folder = findDataSet("folder")!;
  const plain = openDataSet(
    folder,
    memoryFiles({ "b.PNG": picture(1, 1), "a.jpg": picture(1, 1) }),
  );
  assert.deepEqual((await listPictures(plain)).map(({ id, path }) => [id, path]), [
    [1, "a.jpg"],
    [2, "b.PNG"],
  ]);
  const json = { "images/7.png": picture(8, 6), "annotations/gt.json": cocoJson(["7.png"]) };
  const labelled = openDataSet(folder, memoryFiles(json));
  assert.deepEqual(await listPictures(labelled), [{
    id: 100,
    name: "7.png",
    path: "images/7.png",
  }]);
  const two = memoryFiles({ ...json, "annotations/other.json": "{}" });
  await assert.rejects(openDataSet(folder, two).entries(), /needed, here are 2: gt\.json, other/);
  await fails(openDataSet(folder, memoryFiles({ "notes.md": "" })).entries(), /no \.jpg or \.png/);
});

Deno.test("the nuclei that come with Fiedler are whole", async () => {
  const root = new URL("../../fixtures/nuclei", import.meta.url).pathname;
  const dataSet = openDataSet(findDataSet("nuclei")!, localFiles(root));
  assert.equal((await listPictures(dataSet)).length, 13);
  const { annotations } = (await dataSet.truth())!;
  assert.equal((await Array.fromAsync(annotations)).length, 410);
});

Deno.test("names in ground truth cannot lead out of the folder", async () => {
  for (const name of ["../x.jpg", "/etc/passwd", "a/../../x", "C:\\x.jpg", "a\\b.jpg", ""]) {
    const files = memoryFiles({ "gt.json": cocoJson([name]) });
    await assert.rejects(
      readTruth(files, "gt.json"),
      formatError(/gt\.json: images\[0\]\.file_name must be a path inside the folder/),
    );
  }
});

Deno.test("readTruth() gives boxes a mask, and areas and boxes where there are none", async () => {
  const json = JSON.parse(cocoJson(["a.png"]));
  json.annotations = [
    { id: 1, image_id: 100, category_id: 3, bbox: [1, 2, 3, 2], iscrowd: 0 },
    { id: 2, image_id: 100, category_id: 3, segmentation: { size: [6, 8], counts: [7, 2, 39] } },
  ];
  const truth = await readTruth(memoryFiles({ "gt.json": JSON.stringify(json) }), "gt.json");
  const [box, mask] = await Array.fromAsync(truth.annotations);
  assert.deepEqual([box.segmentation, box.area], [[[1, 2, 4, 2, 4, 4, 1, 4]], 6]);
  assert.deepEqual([mask.bbox, mask.area], [[1, 1, 1, 2], 2]);
  json.annotations[0].image_id = 5;
  const stray = await readTruth(memoryFiles({ "gt.json": JSON.stringify(json) }), "gt.json");
  await assert.rejects(
    Array.fromAsync(stray.annotations),
    formatError(/annotation 1 is of picture 5, which is not listed/),
  );
});

Deno.test("truthJson() comes back as it was", async () => {
  const files = memoryFiles({ "gt.json": cocoJson(["a.png", "b.png"]) });
  const truth = await readTruth(files, "gt.json");
  const text = (await Array.fromAsync(truthJson(truth, "two"))).join("");
  const again = await readTruth(memoryFiles({ "gt.json": text }), "gt.json");
  assert.deepEqual(again.images, truth.images);
  assert.deepEqual(again.categories, truth.categories);
  const [before, after] = await Promise.all(
    [truth, again].map(({ annotations }) => Array.fromAsync(annotations)),
  );
  assert.deepEqual(after, before);
});

Deno.test("renumberPictures() goes by the longest common end of the paths", async () => {
  const files = memoryFiles({ "gt.json": cocoJson(["x/1.png", "y/1.png", "z.png"]) });
  const truth = await readTruth(files, "gt.json");
  const run = [{ image: "data/y/1.png", id: 1 }, { image: "data/x/1.png", id: 2 }];
  const { truth: renumbered, without } = renumberPictures(truth, run);
  assert.deepEqual(renumbered.images.map(({ id, file_name }) => [id, file_name]), [
    [2, "x/1.png"],
    [1, "y/1.png"],
  ]);
  assert.deepEqual(without, ["z.png"]);
  const annotations = await Array.fromAsync(renumbered.annotations);
  assert.deepEqual(annotations.map(({ image_id }) => image_id), [2, 1, 2]);
  const twice = [{ image: "p/z.png", id: 1 }, { image: "q/z.png", id: 2 }];
  assert.throws(() => renumberPictures(truth, twice), /z\.png may be p\/z\.png or q\/z\.png/);
});

Deno.test("pictureIds() are numbers only where all names are, and differ", () => {
  assert.deepEqual(pictureIds(["a/COCO_val2014_000000000042.jpg", "7.png"]), [42, 7]);
  assert.deepEqual(pictureIds(["2007_000032", "2007_000033"]), [2007000032, 2007000033]);
  assert.deepEqual(pictureIds(["a/1.jpg", "b/1.jpg"]), [1, 2]);
});

Deno.test("every data set of the catalogue says what to do and where it is from", () => {
  assert.equal(new Set(DATA_SETS.map(({ name }) => name)).size, DATA_SETS.length);
  for (const { name, steps, terms, page, archives } of DATA_SETS) {
    assert.ok(steps.length > 0 && terms !== "" && page.startsWith("http"), name);
    for (const { sha256, bytes } of archives) {
      assert.equal(sha256 === null, bytes === null, name);
      if (sha256 !== null) assert.match(sha256, /^[0-9a-f]{64}$/);
    }
  }
});

Deno.test("COCO's own polygons and run lengths are read, where the photos are at hand", async (t) => {
  const root = new URL("../../../shared/data/coco-train", import.meta.url).pathname;
  const there = await Deno.stat(root).then(() => true, () => false);
  const step = { name: `166 pictures, 1,580 objects${there ? "" : " (absent: not tested)"}` };
  await t.step({
    ...step,
    ignore: !there,
    async fn() {
      const dataSet = openDataSet(findDataSet("folder")!, localFiles(root));
      assert.equal((await listPictures(dataSet)).length, 166);
      const { annotations } = (await dataSet.truth())!;
      assert.equal((await Array.fromAsync(annotations)).length, 1580);
    },
  });
});

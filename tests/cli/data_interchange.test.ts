import { encodePng } from "@fiedler/io";
import { rleFromSegmentation } from "@fiedler/coco";
import assert from "node:assert/strict";
import { join } from "node:path";
import { CliError } from "../../packages/cli/exit.ts";
import { cocoJson, picture } from "../data/make_sets.ts";
import { call, inFolder, photoFolder } from "./support.ts";

const NUCLEI = new URL("../../fixtures/nuclei/", import.meta.url).pathname;
const TRUTH = join(NUCLEI, "instances.json");

async function failure(args: readonly string[], exit: number): Promise<CliError> {
  const error = await call(args).then(() => null, (error) => error);
  assert.ok(error instanceof CliError, `expected a CliError, got ${error?.stack ?? error}`);
  assert.equal(error.exit, exit, error.message);
  return error;
}

interface Truth {
  readonly images: { id: number; file_name: string; width: number; height: number }[];
  readonly categories: { id: number; name: string }[];
  readonly annotations: {
    image_id: number;
    category_id: number;
    segmentation: Parameters<typeof rleFromSegmentation>[0];
    score?: number;
  }[];
}

/** Pictures and the pixels of their masks, whatever the form and order they are stored in. */
async function essence(path: string) {
  const { images, annotations, categories }: Truth = JSON.parse(await Deno.readTextFile(path));
  const byId = new Map(images.map((image) => [image.id, image]));
  const masks = annotations.map(({ image_id, category_id, segmentation }) => {
    const { height, width } = byId.get(image_id)!;
    const { counts } = rleFromSegmentation(segmentation, height, width);
    return `${image_id} ${category_id} ${Array.from(counts).join(",")}`;
  });
  return {
    images: images.map(({ id, file_name, width, height }) => [id, file_name, width, height])
      .sort((a, b) => Number(a[0]) - Number(b[0])),
    categories: categories.map(({ id, name }) => [id, name]),
    masks: masks.sort(),
  };
}

Deno.test("ground truth goes to every format and back, and is the same", () =>
  inFolder(async (root) => {
    const before = await essence(TRUTH);
    for (
      const [format, ...more] of [["label-studio"], ["label-studio", "--shape", "brush"], [
        "yolo-seg",
      ], ["voc-png"]]
    ) {
      const there = join(root, [format, ...more].join(""));
      const back = `${there}.json`;
      await call(["export", TRUTH, "--format", format, "--out", there, ...more]);
      await call(["import", there, "--format", format, "--like", TRUTH, "--out", back]);
      // The nuclei do not overlap, so that label maps lose nothing.
      assert.deepEqual(await essence(back), before, format);
    }
    const copy = join(root, "copy.json");
    await call(["export", TRUTH, "--format", "coco", "--out", copy]);
    assert.deepEqual(await essence(copy), before);
  }));

Deno.test("labels are read without ground truth: names from the pictures, ids anew", () =>
  inFolder(async (root) => {
    const truth = join(root, "gt.json");
    await Deno.writeTextFile(truth, cocoJson(["b.png", "a.png"]));
    await Deno.mkdir(join(root, "pictures"));
    for (const name of ["a.png", "b.png"]) {
      await Deno.writeFile(join(root, "pictures", name), picture(8, 6));
    }
    const [yolo, voc] = [join(root, "yolo"), join(root, "voc")];
    const { said } = await call(["export", truth, "--format", "yolo-seg", "--out", yolo]);
    assert.deepEqual(said.notes, ["lost: 1 crowd regions"]);
    await Deno.writeTextFile(join(yolo, "labels", "stray.txt"), "");
    const out = join(root, "out.json");
    const images = join(root, "pictures");
    const from = ["import", yolo, "--format", "yolo-seg", "--out", out];
    const read = await call([...from, "--images", images]);
    assert.deepEqual(read.said.notes, [
      "1 files in labels belong to no picture, such as stray.txt",
    ]);
    const { images: sizes, categories, masks } = await essence(out);
    assert.deepEqual(sizes, [[1, "a.png", 8, 6], [2, "b.png", 8, 6]]);
    assert.deepEqual(categories, [[1, "car"]]);
    assert.equal(masks.length, 2);
    await call(["export", truth, "--format", "voc-png", "--out", voc]);
    await call(["import", voc, "--format", "voc-png", "--out", out, "--force"]);
    assert.deepEqual((await essence(out)).images, [[1, "a.jpg", 8, 6], [2, "b.jpg", 8, 6]]);
    assert.match((await failure([...from, "--force"], 2)).what, /no such folder of pictures/);
  }));

Deno.test("a run and its results become tasks for correction, best first", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 3);
    const run = join(root, "run");
    await call(["propose", photos, "--out", run]);
    const tasks = join(root, "tasks");
    const args = ["--format", "label-studio", "--as", "predictions", "--prefix", "https://h/"];
    await call(["export", run, ...args, "--out", tasks]);
    const list = JSON.parse(await Deno.readTextFile(join(tasks, "tasks.json")));
    assert.equal(list.length, 3);
    const [{ data, predictions: [{ result }] }] = list;
    assert.ok(data.image.startsWith("https://h/"));
    assert.equal(result[0].score, 1);
    assert.match(await Deno.readTextFile(join(tasks, "labels.xml")), /<Label value="object" \/>/);

    const coco = join(root, "run.json");
    await call(["export", run, "--format", "coco", "--out", coco]);
    const results = join(run, "proposals.coco.json");
    assert.match(
      (await failure(["export", results, "--format", "coco", "--out", join(root, "x")], 2)).advice,
      /--like GROUND_TRUTH\.json/,
    );
    const again = join(root, "again.json");
    await call(["export", results, "--like", coco, "--format", "coco", "--out", again]);
    assert.deepEqual(await essence(again), await essence(coco));
  }));

Deno.test("export and import refuse what they cannot do", () =>
  inFolder(async (root) => {
    const out = join(root, "out");
    assert.match((await failure(["export", TRUTH, "--out", out], 2)).what, /--format is needed/);
    assert.match((await failure(["export", TRUTH, "--format", "coco"], 2)).what, /--out is needed/);
    const gone = ["import", "/nowhere", "--format", "voc-png", "--out", out];
    assert.match((await failure(gone, 2)).what, /no such file or folder/);
    const bad = join(root, "tasks.json");
    await Deno.writeTextFile(bad, "[{]");
    const read = ["import", bad, "--format", "label-studio", "--out", out];
    assert.match((await failure(read, 3)).where, /tasks\.json: /);
    const empty = ["import", root, "--format", "yolo-seg", "--out", out];
    assert.match((await failure(empty, 3)).where, /there is no folder labels/);
    const rgb = encodePng({ width: 2, height: 2, data: new Uint8Array(12) });
    await Deno.mkdir(join(root, "SegmentationObject"));
    await Deno.writeFile(join(root, "SegmentationObject", "a.png"), rgb);
    const colours = ["import", root, "--format", "voc-png", "--out", out];
    assert.match((await failure(colours, 3)).where, /a label map must have a palette/);
    const twins = join(root, "twins.json");
    await Deno.writeTextFile(twins, cocoJson(["a/1.png", "b/1.jpg"]));
    const clash = ["export", twins, "--format", "yolo-seg", "--out", out];
    const shared = /a\/1\.png and b\/1\.jpg would be labelled by one file, 1/;
    assert.match((await failure(clash, 3)).where, shared);
    await Deno.mkdir(join(root, "labels"));
    const both = ["import", root, "--format", "yolo-seg", "--like", twins, "--out", out];
    assert.match((await failure(both, 3)).where, shared);
  }));

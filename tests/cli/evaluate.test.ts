import { type CocoInstances, type CocoResult, type CocoRle, evaluate } from "@fiedler/coco";
import assert from "node:assert/strict";
import { join } from "node:path";
import { matchPictures } from "../../packages/cli/evaluate_results.ts";
import { shortNames } from "../../packages/cli/evaluate_words.ts";
import { CliError } from "../../packages/cli/exit.ts";
import { disjointScene } from "../coco/evaluation_sets.ts";
import { call, inFolder, photoFolder } from "./support.ts";

const METRICS = "AP AP50 AP75 APs APm APl AR1 AR10 AR100 ARs ARm ARl".split(" ");

/** Writes ground truth and results; returns their paths. */
async function write(
  folder: string,
  { truth, results }: { truth: CocoInstances; results: readonly CocoResult[] },
): Promise<[gt: string, results: string]> {
  const paths: [string, string] = [join(folder, "gt.json"), join(folder, "results.json")];
  await Deno.writeTextFile(paths[0], JSON.stringify(truth));
  await Deno.writeTextFile(paths[1], JSON.stringify(results));
  return paths;
}

async function failure(args: readonly string[], exit: number): Promise<CliError> {
  const error = await call(args).then(() => null, (error) => error);
  assert.ok(error instanceof CliError, `expected a CliError, got ${error?.stack ?? error}`);
  assert.equal(error.exit, exit, error.message);
  return error;
}

Deno.test("evaluate --json is one line with the twelve numbers and recall by count", () =>
  inFolder(async (folder) => {
    const scene = disjointScene(5);
    const paths = await write(folder, scene);
    const { said } = await call(["evaluate", ...paths, "--json", "--by-count"]);
    assert.equal(said.events.length, 1);
    const [line] = said.events;
    const expected = evaluate(scene.truth, scene.results, { byCount: {} });
    assert.deepEqual(METRICS.map((name) => line[name]), Object.values(expected.metrics));
    assert.ok(expected.metrics.AP > 0 && expected.metrics.APl === -1, "a scene that tells");
    assert.deepEqual(line.recallByCount, expected.recallByCount!.recall);
    assert.deepEqual(line.objectsByCount, expected.recallByCount!.objects);
    const without = await call(["evaluate", ...paths, "--json"]);
    assert.ok(!("recallByCount" in without.said.events[0]));
  }));

Deno.test("evaluate hands its flags on", () =>
  inFolder(async (folder) => {
    const scene = disjointScene(6);
    const paths = await write(folder, scene);
    const lineOf = async (...flags: string[]) =>
      (await call(["evaluate", ...paths, "--json", ...flags])).said.events[0];
    const metricsOf = (options: object) => evaluate(scene.truth, scene.results, options);
    const aware = await lineOf("--class-aware", "--max-dets", "3,9");
    const { metrics } = metricsOf({ classAware: true, maxDets: [3, 9] });
    assert.deepEqual([aware.AP, aware.AR3, aware.AR9], [metrics.AP, metrics.AR3, metrics.AR9]);
    assert.equal((await lineOf("--type", "bbox")).AP, metricsOf({ type: "bbox" }).metrics.AP);
    const macro = await lineOf("--by-count", "--count-pooling", "macro", "--count-max-dets", "4");
    const byCount = { pooling: "macro", maxDets: 4 };
    assert.deepEqual(macro.recallByCount, metricsOf({ byCount }).recallByCount!.recall);
  }));

Deno.test("evaluate prints a table with a column for each result, and dashes without objects", () =>
  inFolder(async (folder) => {
    const scene = disjointScene(7);
    const [gt, results] = await write(folder, scene);
    const worse = join(folder, "worse.json");
    await Deno.writeTextFile(worse, JSON.stringify(scene.results.slice(0, 2)));
    const { said } = await call(["evaluate", gt, results, worse, "--by-count"]);
    const lines = said.prints[0].split("\n");
    assert.match(lines[2], /^ +results +worse$/);
    const [better, lower] = [scene.results, scene.results.slice(0, 2)]
      .map((some) => (100 * evaluate(scene.truth, some).metrics.AR100).toFixed(2));
    assert.notEqual(better, lower);
    const row = lines.find((line) => line.startsWith("AR100"))!.split(/ +/);
    assert.deepEqual(row.slice(0, 3), ["AR100", better, lower]);
    assert.match(lines.find((line) => line.startsWith("APl"))!, /^APl +– +– +precision/);
    assert.match(lines.find((line) => line.startsWith("instances"))!, /results +worse +objects/);
    assert.ok(lines.length <= 24 && lines.every((line) => line.length <= 96), "one screen");
  }));

Deno.test("evaluate --out writes the numbers, the curves and a page without scripts", () =>
  inFolder(async (folder) => {
    const [gt, results] = await write(folder, disjointScene(8));
    const out = join(folder, "<out>");
    await call(["evaluate", gt, results, results, "--by-count", "--out", out]);
    const metrics = JSON.parse(await Deno.readTextFile(join(out, "metrics.json")));
    const { said } = await call(["evaluate", gt, results, "--json"]);
    assert.equal(metrics.results.length, 2);
    for (const name of METRICS) assert.equal(metrics.results[0][name], said.events[0][name]);
    const [at50] = metrics.results[0].byThreshold;
    assert.deepEqual([at50.iou, at50.AP], [0.5, said.events[0].AP50]);
    assert.equal(at50.precision.length, metrics.recalls.length);
    const page = await Deno.readTextFile(join(out, "evaluation.html"));
    assert.ok(!/<script|http/.test(page.replace('http-equiv="Content', "")));
    assert.ok(page.includes("&lt;out&gt;"), "the command is escaped");
    for (const title of ["Precision over recall at IoU 0.5", "Recall by number of instances"]) {
      assert.ok(page.includes(title), title);
    }
  }));

Deno.test("evaluate takes a run folder, and finds its pictures by name", () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    await call(["propose", await photoFolder(folder), "--out", run]);
    const masks: (CocoResult & { segmentation: CocoRle })[] = JSON.parse(
      await Deno.readTextFile(join(run, "proposals.coco.json")),
    );
    const listed = (await Deno.readTextFile(join(run, "inputs.jsonl"))).trim().split("\n")
      .map((line): { image: string; id: number } => JSON.parse(line));
    // The run's own masks as ground truth, under ids of its own.
    const truth: CocoInstances = {
      images: listed.map(({ image, id }) => ({
        id: 500 - id,
        file_name: image,
        height: masks.find(({ image_id }) => image_id === id)?.segmentation.size[0] ?? 1,
        width: masks.find(({ image_id }) => image_id === id)?.segmentation.size[1] ?? 1,
      })),
      annotations: masks.map(({ image_id, segmentation }, id) => (
        { id, image_id: 500 - image_id, category_id: 9, segmentation, iscrowd: 0 }
      )),
      categories: [{ id: 9 }],
    };
    assert.ok(masks.length > 5, "masks to compare");
    const [gt] = await write(folder, { truth, results: [] });
    const { said } = await call(["evaluate", gt, run]);
    assert.ok(said.notes.some((note) => /matched by file name/.test(note)), `${said.notes}`);
    const line = (await call(["evaluate", gt, run, "--json"])).said.events[0];
    assert.equal(line.AR100, 1);
    const fewer = { ...truth, images: truth.images.slice(1) };
    const [part] = await write(folder, { truth: fewer, results: [] });
    const refused = await failure(["evaluate", part, run], 3);
    assert.match(refused.what, /^1 of the run's \d+ pictures are not in the ground truth$/);
    const left = await call(["evaluate", part, run, "--ignore-unknown-images"]);
    assert.ok(left.said.notes.some((note) => /1 picture of the run is not in/.test(note)));
  }));

Deno.test("matchPictures() prefers names to ids, and longer names to shorter ones", () => {
  const match = (images: string[], files: (string | undefined)[]) => {
    const pictures = images.map((image, i) => ({ image, id: i + 1 }));
    const size = { width: 1, height: 1 };
    const listed = files.map((file_name, i) => ({ id: 3 - i, file_name, ...size }));
    return Object.fromEntries(matchPictures(pictures, listed));
  };
  assert.deepEqual(match(["a.png", "b.png"], ["a.png", "b.png"]), { 1: 3, 2: 2 });
  assert.deepEqual(match(["x/a.png", "y/a.png"], ["y/a.png", "x/a.png"]), { 1: 2, 2: 3 });
  assert.deepEqual(match(["set/x/a.png"], ["x/a.png", "y/a.png"]), { 1: 3 });
  assert.deepEqual(match(["a.png"], ["train/a.png"]), { 1: 3 });
  assert.deepEqual(match(["z/a.png"], ["train/a.png"]), { 1: 3 }, "the only one of its name");
  assert.deepEqual(match(["z/a.png", "b.png"], ["x/a.png", "y/a.png", "b.png"]), { 2: 1 });
  assert.deepEqual(match(["a.png", "b.png"], [undefined, undefined]), { 2: 2 }, "by id");
});

Deno.test("shortNames() are told apart", () => {
  assert.deepEqual(shortNames(["runs/a", "runs/b.json"]), ["a", "b"]);
  assert.deepEqual(shortNames(["x/run", "y/run"]), ["x/run", "y/run"]);
});

Deno.test("evaluate says what is wrong, and where", () =>
  inFolder(async (folder) => {
    const scene = disjointScene(9);
    const [gt, results] = await write(folder, scene);
    await failure(["evaluate", gt], 2);
    assert.match(
      (await failure(["evaluate", join(folder, "none.json"), results], 2)).what,
      /no such/,
    );
    assert.match((await failure(["evaluate", gt, folder], 2)).what, /no run in this folder/);
    assert.match(
      (await failure(["evaluate", results, results], 3)).where,
      /results\.json: .*an array may be results/,
    );
    const broken = join(folder, "broken.json");
    const lines = scene.results.map((it) => ({ ...it }));
    await Deno.writeTextFile(broken, JSON.stringify([...lines, { ...lines[0], score: "high" }]));
    const { where } = await failure(["evaluate", gt, broken], 3);
    assert.match(where, new RegExp(`broken\\.json: results\\[${lines.length}\\]\\.score`));
    await Deno.writeTextFile(broken, JSON.stringify([{ ...lines[0], image_id: 77 }, ...lines]));
    const unknown = await failure(["evaluate", gt, broken], 3);
    assert.match(unknown.what, /^1 of \d+ results are of images .* the first of image 77$/);
    const { said } = await call(["evaluate", gt, broken, "--ignore-unknown-images"]);
    assert.ok(said.notes.some((note) => /1 result of unknown images left out/.test(note)));
    const boxes = lines.map(({ segmentation: _, ...it }) => ({ ...it, bbox: [0, 0, 5, 5] }));
    await Deno.writeTextFile(broken, JSON.stringify(boxes));
    assert.match(
      (await failure(["evaluate", gt, broken], 3)).where,
      /results\[0\] must have a seg/,
    );
  }));

Deno.test("evaluate notices constant scores and images without results", () =>
  inFolder(async (folder) => {
    const scene = disjointScene(10);
    const truth = {
      ...scene.truth,
      images: [...scene.truth.images, { id: 2, width: 400, height: 8 }],
      annotations: [...scene.truth.annotations, {
        ...scene.truth.annotations[0],
        id: 999,
        image_id: 2,
      }],
    };
    const results = scene.results.map((it) => ({ ...it, score: 0.25, category_id: 50 }));
    const { said } = await call(["evaluate", ...await write(folder, { truth, results })]);
    for (const words of [/all scores are 0\.25/, /no result for 1 image /, /such as 50/]) {
      assert.ok(said.notes.some((note) => words.test(note)), `${words}: ${said.notes.join("\n")}`);
    }
  }));

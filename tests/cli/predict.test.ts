/**
 * `fiedler predict` on a real adapter, with a very small segmenter of random weights: whatever stops
 * it, the same command goes on and ends with the same bytes, and other commands read its folder.
 */
import { rleArea, rleFromSegmentation } from "@fiedler/coco";
import { decodeImage } from "@fiedler/io";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { Disk } from "../../packages/cli/disk.ts";
import { CliError } from "../../packages/cli/exit.ts";
import type { PredictionRecord } from "../../packages/cli/predict_record.ts";
import { appearance } from "../support/appearance.ts";
import { smallSegmenter } from "./segmenter_case.ts";
import { call, type CallOptions, inFolder, results, testPicture } from "./support.ts";

/** Width and height of the pictures that are whole, by name. */
const PICTURES = { "across.png": [64, 40], "more/upright.png": [40, 64], "tiny.png": [20, 17] };

/** A command line that looks at the pictures of a folder. */
const command = (root: string, out: string, ...more: readonly string[]) => [
  ...["predict", join(root, "photos"), "--out", join(root, out)],
  ...["--weights", join(root, "model", "segmenter.safetensors"), "--most", "4", ...more],
];

async function recordsOf(folder: string): Promise<PredictionRecord[]> {
  const text = await Deno.readTextFile(join(folder, "predictions", "shard-00000.jsonl"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** Asserts that a command fails with an exit code and words. */
async function refused(
  args: readonly string[],
  exit: number,
  words: readonly RegExp[],
  options?: CallOptions,
): Promise<void> {
  const error = await call(args, options).then(() => null, (error) => error);
  assert.ok(error instanceof CliError, String(error?.stack ?? "it did not fail"));
  const text = `${error.what}\n${error.where}\n${error.advice}`;
  assert.equal(error.exit, exit, text);
  for (const word of words) assert.match(text, word);
}

/** One of the tests, on the pictures in `root`, with the files of a run that nothing disturbed. */
type Body = (root: string, undisturbed: ReadonlyMap<string, string>) => Promise<void>;
const tests = new Map<string, Body>();
const test = (name: string, body: Body) => void tests.set(name, body);

test("every object is in the records, in the COCO file and in the words", async (root, files) => {
  const out = join(root, "whole");
  assert.deepEqual([...files.keys()], [
    "SHA256SUMS",
    "inputs.jsonl",
    ...Object.keys(PICTURES).map((name) => `overlays/${name}`),
    "predictions.coco.json",
    "predictions/shard-00000.jsonl",
    "skipped.jsonl",
  ]);
  const records = await recordsOf(out);
  assert.deepEqual(
    records.map(({ image, size }) => [image, size.toReversed()]),
    Object.entries(PICTURES),
  );
  for (const { detections, size } of records) {
    assert.ok(detections.length > 0 && detections.length <= 4);
    const scores = detections.map(({ score }) => score);
    assert.deepEqual(scores, scores.toSorted((a, b) => b - a), "best first");
    for (const { segmentation, area, category } of detections) {
      assert.deepEqual(segmentation.size, size);
      assert.equal(rleArea(rleFromSegmentation(segmentation, ...size).counts), area);
      assert.equal(category, 0);
    }
  }
  const coco = JSON.parse(await Deno.readTextFile(join(out, "predictions.coco.json")));
  const expected = records.flatMap(({ id, detections }) =>
    detections.map(({ score, segmentation }) => (
      { image_id: id, category_id: 1, segmentation, score }
    ))
  );
  assert.deepEqual(coco, expected);
  for (const [name, [width, height]] of Object.entries(PICTURES)) {
    const overlay = await decodeImage(await Deno.readFile(join(out, "overlays", name)));
    assert.deepEqual([overlay.width, overlay.height], [width, height]);
  }
  const [skip] = (await Deno.readTextFile(join(out, "skipped.jsonl"))).trimEnd().split("\n");
  assert.equal(JSON.parse(skip).image, "broken.png");
});

test(
  "a finished run says so; another option is refused, --force moves it aside",
  async (root, files) => {
    const { said, exit } = await call(command(root, "whole"));
    assert.equal(exit, 0);
    assert.match(said.prints[0], /^finished already: \d+ objects in 3 pictures, 1 skipped\n/);
    assert.deepEqual(await results(join(root, "whole")), files);
    const other = command(root, "whole", "--class-score", "0.2");
    await refused(other, 2, [/class-score: 0\.1 there, 0\.2 now/, /--force/]);
    const { said: anew } = await call([
      ...other,
      "--force",
      "--overlay-score",
      "1",
      "--batch",
      "1",
    ]);
    assert.match(
      anew.prints[0],
      /^across\.png:\n {2}0\.\d\d {2}\d+ × \d+ at \d+, \d+, \d+ pixels?\n/,
    );
    assert.match(anew.prints[0], /\n1 skipped, see .*skipped\.jsonl\n/);
    assert.deepEqual(await results(join(root, "whole.1")), files);
    await Deno.remove(join(root, "whole"), { recursive: true });
    await Deno.rename(join(root, "whole.1"), join(root, "whole"));
  },
);

test("results depend neither on --batch nor on --memory", async (root, files) => {
  const { said } = await call(command(root, "alone", "--batch", "1"));
  assert.match(said.notes.join("\n"), /^segmenter {2}model: SOLOv2 on mae-tiny$/m);
  assert.deepEqual(await results(join(root, "alone")), files);
  // Too little for two pictures at a time.
  await call(command(root, "narrow", "--memory", "5M"));
  assert.deepEqual(await results(join(root, "narrow")), files);
  const peak = async (out: string) =>
    JSON.parse(await Deno.readTextFile(join(root, out, "run.json"))).sessions[0].peakGpuBytes;
  assert.ok(await peak("narrow") <= 5 * 2 ** 20);
  assert.ok(await peak("whole") > 5 * 2 ** 20, "all at once take more");
});

/** A moment of a process that is not there any more. */
class Died extends Error {}

test("a run that dies at any moment goes on to the same bytes", async (root, files) => {
  for (const deaths of [8, 12, 30]) {
    let left = deaths;
    const disk = new Disk(() => {
      if (left-- <= 0) throw new Died(); // and nothing after it is written either
    });
    await assert.rejects(call(command(root, "died", "--batch", "1"), { disk }), Died);
  }
  await call(command(root, "died"));
  assert.deepEqual(await results(join(root, "died")), files);
});

const MAIN = fileURLToPath(new URL("../../packages/cli/main.ts", import.meta.url));

test(
  "kill -9 loses nothing, with workers and the permissions of the launcher",
  async (root, files) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--deny-net", "--deny-run", "--deny-ffi"],
        "--allow-env=FIEDLER_WEIGHTS,XDG_CACHE_HOME,HOME,LOCALAPPDATA",
        ...["--allow-read", "--allow-write", "--allow-sys=systemMemoryInfo"],
        ...[MAIN, ...command(root, "killed", "--batch", "1")],
      ],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await appearance(join(root, "killed", "predictions", "shard-00000.jsonl"));
    child.kill("SIGKILL");
    assert.equal((await child.output()).signal, "SIGKILL");
    await call(command(root, "killed"));
    assert.deepEqual(await results(join(root, "killed")), files);
  },
);

test("export and evaluate read the folder: its own objects are found", async (root) => {
  const out = join(root, "whole");
  const truth = join(root, "truth.json");
  await call(["export", out, "--format", "coco", "--out", truth]);
  const { images, annotations, categories } = JSON.parse(await Deno.readTextFile(truth));
  const records = await recordsOf(out);
  assert.deepEqual(categories.map(({ name }: { name: string }) => name), ["object"]);
  assert.deepEqual(
    images.map(({ file_name }: { file_name: string }) => file_name),
    Object.keys(PICTURES),
  );
  const detections = records.flatMap(({ detections }) => detections);
  assert.equal(annotations.length, detections.length);
  const { said } = await call(["evaluate", truth, out, "--ignore-unknown-images", "--json"]);
  assert.equal(said.events[0].AP, 1);
  await refused(["evaluate", truth, out], 3, [/1 of the run's 4 pictures/, /broken\.png/]);
  const tasks = join(root, "tasks");
  const labels = ["--format", "label-studio", "--as", "predictions"];
  await call(["export", out, ...labels, "--out", tasks]);
  const [{ predictions: [{ result }] }] = JSON.parse(
    await Deno.readTextFile(join(tasks, "tasks.json")),
  );
  assert.equal(result[0].score, detections[0].score);
});

test("report and explain say that they are of proposals", async (root) => {
  const out = join(root, "whole");
  await refused(["report", out], 2, [/holds predictions, and reports are of proposals/]);
  await refused(["explain", out, "tiny"], 2, [/holds predictions, .* of proposals/, /overlays/]);
});

test("what does not fit the memory is refused, with what to lower", async (root) => {
  const large = ["--memory", "5M", "--short-side", "256", "--longest", "400"];
  await refused(command(root, "large", ...large), 7, [
    /the largest of 4 pictures needs \d\d MiB of GPU memory, the budget is 5 MiB/,
    /across\.png, 64 × 40 pixels, 400 × 256 for the network \(--short-side 256 --longest 400\)/,
    /--short-side 64 --longest 100\), or give --memory \d\dM/,
  ]);
  const huge = ["--short-side", "100000", "--memory", "4G"];
  await refused(command(root, "huge", ...huge), 7, [/a larger buffer than the GPU has/]);
  await refused(command(root, "none", "--memory", "2M"), 7, [/parameters need more GPU memory/]);
  for (const out of ["large", "huge", "none"]) {
    assert.deepEqual([...Deno.readDirSync(join(root, out))].map(({ name }) => name), ["lock"]);
  }
});

Deno.test("predict", (t) =>
  inFolder(async (root) => {
    await Deno.mkdir(join(root, "photos", "more"), { recursive: true });
    await Deno.mkdir(join(root, "model"));
    for (const [i, [name, [width, height]]] of Object.entries(PICTURES).entries()) {
      await Deno.writeFile(join(root, "photos", name), testPicture(i, width, height));
    }
    const whole = testPicture(9);
    await Deno.writeFile(join(root, "photos", "broken.png"), whole.subarray(0, whole.length / 2));
    await Deno.writeFile(join(root, "model", "segmenter.safetensors"), await smallSegmenter());
    await call(command(root, "whole"));
    const undisturbed = await results(join(root, "whole"));
    for (const [name, body] of tests) await t.step(name, () => body(root, undisturbed));
  }));

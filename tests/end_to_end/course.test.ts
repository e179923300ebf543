/** The whole way on real kernels: masks, training, prediction, what it gained, the report. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { call, inFolder } from "../cli/support.ts";
import { openEngine } from "../../packages/cli/open_engine.ts";

/** As small as it can be: one photo's worth of time, in all. */
const ARGS = ["--fast", "--scenes", "3", "--held-out", "2", "--train-steps", "2", "--gallery", "3"];

Deno.test("pipeline without photos learns from scenes, and says what that gained", () =>
  inFolder(async (root) => {
    const out = join(root, "run");
    const args = ["pipeline", ...ARGS, "--out", out];
    const { said } = await call(args, { openEngine });
    assert.match(said.prints.join("\n"), /raw proposals .*\n.*trained segmenter/);

    const read = async (...names: string[]) => await Deno.readTextFile(join(out, ...names));
    const gain = JSON.parse(await read("evaluation", "gain.json"));
    assert.equal(gain.noun, "scene");
    assert.equal(gain.pictures, 2);
    assert.equal(gain.examples.length, 2);
    assert.ok(gain.raw.detections > 0, "no proposals of the held-out scenes");

    const train = JSON.parse(await read("train", "train.json"));
    assert.equal(train.status, "finished");
    assert.equal(
      train.source.summary.pictures,
      3,
      "it learns from the scenes that are not held out",
    );
    const predicted = (await read("predict", "inputs.jsonl")).trim().split("\n")
      .map((line) => JSON.parse(line).image.split("/")[0]);
    assert.deepEqual([...new Set(predicted)], ["photos", "scenes-held-out"]);

    const page = await read("report.html");
    for (const id of ["gain", "training", "prediction"]) {
      assert.ok(page.includes(`id="${id}"`), id);
    }
    const sums = await read("SHA256SUMS");
    for (const name of ["train/segmenter.safetensors", "predict/predictions.coco.json"]) {
      assert.ok(sums.includes(`  ${name}\n`), name);
    }
    assert.doesNotMatch(sums, /log\.jsonl|report\.html|lock\n/);

    const again = await call(args, { openEngine });
    assert.match(again.said.prints[0], /^finished already/);
    const longer = args.map((arg, i) => args[i - 1] === "--train-steps" ? "3" : arg);
    const other = await call(longer, { openEngine }).catch((error) => error);
    assert.match(other.what, /train-steps: 2 there, 3 now/);
  }));

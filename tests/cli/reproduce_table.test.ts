import { decodeImage } from "@fiedler/io";
import assert from "node:assert/strict";
import { join } from "node:path";
import { Disk } from "../../packages/cli/disk.ts";
import type { OpenEngine } from "../../packages/cli/engine.ts";
import { CliError } from "../../packages/cli/exit.ts";
import { type PipelineValues, PROPOSE_FLAGS } from "../../packages/cli/flags.ts";
import { openEngine } from "../../packages/cli/open_engine.ts";
import { engineSettings, planRun } from "../../packages/cli/plan.ts";
import { baselineEngine, planOfBaseline, STAND_IN } from "../../packages/cli/reproduce_baseline.ts";
import { findStudyModel } from "../../packages/cli/reproduce_models.ts";
import { valuesOf } from "../../packages/cli/reproduce_plan.ts";
import { fakeEngine } from "./fake_engine.ts";
import { call, inFolder, testPicture } from "./support.ts";

/** A network that trains in a second, on pictures of 64 pixels. */
const SMALL = {
  "short-side": [64],
  batch: 2,
  channels: 8,
  width: 8,
  groups: 2,
  "mask-width": 8,
  "mask-channels": 4,
};

/** Few scenes on grids of 8 × 8 patches. */
async function smallArgs(root: string, other: Record<string, string> = {}): Promise<string[]> {
  const train = join(root, "train.json");
  await Deno.writeTextFile(train, JSON.stringify(SMALL));
  const flags = {
    scenes: "2",
    "held-out": "2",
    steps: "2",
    resize: "fixed:64x64",
    train,
    ...other,
  };
  const out = join(root, "tables");
  return Object.entries({ ...flags, out }).flatMap(([name, value]) => [`--${name}`, value]);
}

const refused = (args: readonly string[], what: RegExp) =>
  assert.rejects(call(["reproduce", ...args]), (error) => {
    assert.ok(error instanceof CliError, String(error));
    assert.equal(error.exit, 2);
    assert.match(`${error.what} ${error.where}`, what);
    return true;
  });

const readJson = async (...path: string[]) => JSON.parse(await Deno.readTextFile(join(...path)));

Deno.test("a table is made, goes on where it stopped, and shares its rows with others", () =>
  inFolder(async (root) => {
    const args = await smallArgs(root);
    const folder = join(root, "tables");
    const table7 = ["reproduce", "table7", ...args];
    let failing = true;
    const disk = new Disk((_, path) => {
      if (failing && path.endsWith("predictions.coco.json")) throw new Error("pulled the plug");
    });
    await assert.rejects(call(table7, { openEngine, disk }), /pulled the plug/);
    failing = false;
    const [slug] = await Array.fromAsync(Deno.readDir(join(folder, "rows")), ({ name }) => name);
    const row = join(folder, "rows", slug, "steps-2-seed-0");
    const weights = join(row, "training", "segmenter.safetensors");
    const learnt = (await Deno.stat(weights)).mtime;
    const { said } = await call(table7, { openEngine, disk });
    assert.deepEqual((await Deno.stat(weights)).mtime, learnt, "trained again");

    const { rows, metrics, recipe } = await readJson(folder, "table7.json");
    assert.deepEqual(metrics, ["AP50", "AP75", "AP", "AR1", "AR10", "AR100"]);
    assert.deepEqual([recipe.scenes, recipe["held-out"], recipe.steps], [2, 2, 2]);
    const [maskRcnn, solov2] = rows;
    assert.deepEqual([maskRcnn.missing, maskRcnn.trained], ["not implemented", undefined]);
    assert.deepEqual(solov2.paper, [10.7, 2.9, 4.5, 3.5, 9, 16.5]);
    assert.deepEqual(solov2.trained.AP.error, null, "two scenes say nothing of scenes");
    assert.ok(solov2.counts.training > 0 && solov2.counts.heldOut > 0);
    const markdown = await Deno.readTextFile(join(folder, "table7.md"));
    assert.equal(said.prints.at(-1), markdown);
    assert.match(markdown, /\| Mask R-CNN \(not implemented\) +\| +– \|/);
    assert.match(markdown, /SOLOv2 above Mask R-CNN, AP: \*\*untested\*\*/);
    const scenes = await Promise.all(
      ["training", "held-out"].map((set) =>
        readJson(folder, "scenes", set, "instances.json").then(({ images }) =>
          images.map(({ id }: { id: number }) => id)
        )
      ),
    );
    assert.deepEqual(scenes, [[100_001, 100_002], [1, 2]]);

    // The same configuration is a row of Table 6: nothing is computed, not even a device opened.
    const never: OpenEngine = () => Promise.reject(new Error("computed again"));
    const again = await call(["reproduce", "table6", ...args, "--rows", "on"], {
      openEngine: never,
    });
    assert.ok(again.said.notes.includes("row       with it: known"));
    const [off, on] = (await readJson(folder, "table6.json")).rows;
    assert.deepEqual(on.trained, solov2.trained);
    assert.equal(off.trained, undefined);
    const forecast = await call(["reproduce", "table6", ...args, "--dry-run"]);
    assert.match(forecast.said.prints.join("\n"), /\non +with it +known\n/);
    assert.match(forecast.said.prints.join("\n"), /\noff +without .* [\d.]+ \w+ +[\d.]+ \w+\n/);

    const native = await smallArgs(root, { resize: "native", scenes: "3" });
    const changes =
      /rows of other options:\n {2}scenes: 2 there, 3 now\n {2}resize: fixed:64x64 there/;
    await refused(["table6", ...native], changes);
    await refused(["table6", ...native, "--dry-run"], changes);
  }));

Deno.test("a baseline is an extractor as any other, with DINO's saliency", () =>
  inFolder(async (root) => {
    const colour = await findStudyModel("colour");
    await Deno.writeFile(join(root, "1.png"), testPicture(1, 64, 64));
    const given = { preset: "paper", model: STAND_IN, resize: "native", memory: "500M" };
    const values = await valuesOf("propose", PROPOSE_FLAGS, given) as PipelineValues;
    const plan = planOfBaseline(await planRun("propose", [root], values, []), colour);
    const { model, "model sha256": hash, saliency } = plan.identity;
    assert.deepEqual([model, hash, saliency], ["colour", "", "dino-tiny"]);
    const engine = await baselineEngine(colour)({ ...engineSettings(plan), pictures: undefined });
    const { image } = plan.inputs.pictures[0];
    const pixels = await decodeImage(await Deno.readFile(join(root, image)));
    const size = [64, 64] as const;
    const about = { image, id: 1, sha256: "", size, resized: size };
    const [{ record }] = await engine.propose([{ ...about, pixels }], { stages: false });
    engine.close();
    assert.deepEqual(record.model, { name: "colour", sha256: "", centred: false });
    assert.deepEqual([record.saliencyModel!.name, record.grid], ["dino-tiny", [8, 8]]);
    assert.ok(record.counts.components > 0);
    const self = { ...plan, model: plan.saliencyModel! };
    assert.throws(() => planOfBaseline(self, colour), /no saliency of its own/);
  }));

Deno.test("a row without a proposal to learn from says so", () =>
  inFolder(async (root) => {
    const nothing: OpenEngine = async (settings) => {
      const engine = await fakeEngine()(settings);
      return {
        ...engine,
        async propose(pictures, options) {
          const found = await engine.propose(pictures, options);
          return found.map((one) => ({ ...one, record: { ...one.record, masks: [] } }));
        },
      };
    };
    const args = await smallArgs(root);
    await call(["reproduce", "table5", ...args, "--rows", "none"], { openEngine: nothing });
    const [row] = (await readJson(root, "tables", "table5.json")).rows;
    assert.deepEqual([row.trained, row.counts.training, row.proposals.AR100.value], [null, 0, 0]);
    const markdown = await Deno.readTextFile(join(root, "tables", "table5.md"));
    assert.match(markdown, /no saliency \(no proposal to learn from\)/);
  }));

Deno.test("tables refuse what they cannot do before they write anything", () =>
  inFolder(async (root) => {
    const out = ["--out", join(root, "out")];
    await refused(["table4", ...out, "--data", "scenes"], /--data is for table1/);
    await refused(["table1", ...out, "--steps", "3"], /--steps is for tables 2 and 4 to 7/);
    await refused(["table1", ...out, "--dry-run"], /--dry-run is for tables/);
    await refused(["table4", ...out, "--rows", "k6"], /no row "k6"/);
    await refused(["table7", ...out, "--rows", "mask-rcnn"], /mask-rcnn is not implemented/);
    await refused(["table4", ...out, "--models", "mae-tiny,dino-tiny"], /takes one extractor/);
    await refused(["table2", ...out, "--models", "mae-tiny:none"], /centring/);
    await refused(["table2", ...out, "--models", "colour,colour"], /colour is there twice/);
    await refused(["table2", ...out, "--models", ","], /the list is empty/);
    await refused(["table2", ...out, "--models", "mae-tine"], /no such model or file/);
    await refused(["table4", ...out, "--train", join(root, "none.json")], /cannot be read/);
    const train = join(root, "train.json");
    await Deno.writeTextFile(train, '{"widht": 8}');
    await refused(
      ["table4", ...out, "--train", train],
      /unknown key "widht", did you mean "width"/,
    );
    await Deno.writeTextFile(train, '{"grids": "4,2"}');
    await refused(["table4", ...out, "--train", train], /each level needs a grid and a range/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(root), ({ name }) => name), ["train.json"]);
  }));

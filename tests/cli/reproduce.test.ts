import { encodePng } from "@fiedler/io";
import assert from "node:assert/strict";
import { join } from "node:path";
import { CliError } from "../../packages/cli/exit.ts";
import { openStudySet } from "../../packages/cli/reproduce_data.ts";
import { findStudyModel } from "../../packages/cli/reproduce_models.ts";
import { resizeRule } from "../../packages/cli/reproduce_run.ts";
import { call, inFolder } from "./support.ts";

/** Fails unless a command line ends with this exit code and reason. */
const refuses = (args: readonly string[], exit: number, what: RegExp) =>
  assert.rejects(call(["reproduce", ...args]), (error) => {
    assert.ok(error instanceof CliError, String(error));
    assert.equal(error.exit, exit);
    assert.match(error.what, what);
    return true;
  });

/** A folder of two labelled pictures: two squares of a category, and one of another. */
async function labelledFolder(root: string): Promise<string> {
  const folder = join(root, "squares");
  await Deno.mkdir(join(folder, "images"), { recursive: true });
  const squares = [[0, 0, 1], [40, 0, 1], [16, 40, 2]]; // whole patches of 8 px
  for (const name of ["1.png", "2.png"]) {
    const data = new Uint8Array(3 * 64 * 64).map((_, i) => 90 + (i * 37) % 11);
    for (const [left, top, colour] of squares) {
      for (let y = top; y < top + 24; y++) {
        for (let x = left; x < left + 24; x++) data[3 * (64 * y + x) + colour] = 230;
      }
    }
    const png = encodePng({ width: 64, height: 64, data });
    await Deno.writeFile(join(folder, "images", name), png);
  }
  const annotations = [1, 2].flatMap((image_id) => [
    ...squares.map(([x, y, category_id]) => ({
      ...{ image_id, category_id, iscrowd: 0, area: 576, bbox: [x, y, 24, 24] },
      segmentation: [[x, y, x + 24, y, x + 24, y + 24, x, y + 24]],
    })),
    // A crowd is neither found nor counted.
    {
      ...{ image_id, category_id: 1, iscrowd: 1, area: 64, bbox: [0, 63, 64, 1] },
      segmentation: {
        size: [64, 64],
        counts: [63, 1, ...new Array(126).fill(0).map((_, i) => i % 2 ? 1 : 63)],
      },
    },
  ]).map((annotation, i) => ({ id: i + 1, ...annotation }));
  await Deno.writeTextFile(
    join(folder, "instances.json"),
    JSON.stringify({
      images: [1, 2].map((id) => ({ id, file_name: `${id}.png`, width: 64, height: 64 })),
      categories: [1, 2].map((id) => ({ id, name: `kind ${id}` })),
      annotations,
    }),
  );
  return folder;
}

Deno.test("reproduce table1 measures a folder, goes on where it stopped, and adds models", () =>
  inFolder(async (root) => {
    const folder = await labelledFolder(root);
    const out = join(root, "out");
    const args = ["reproduce", "table1", "--data", folder, "--resize", "native", "--out", out];
    const { said } = await call([...args, "--models", "colour"]);
    const results = JSON.parse(await Deno.readTextFile(join(out, "results.json")));
    const [{ summary }] = results.sets[0].results;
    assert.deepEqual([summary.pictures, summary.objects], [2, 6]);
    assert.equal(summary.recall["2"].count, 4);
    assert.equal(summary.recall["1"].count, 2);
    // Squares of whole patches and three colours: each is a piece of a cluster for k = 3.
    assert.equal(summary.recall.all.value, 1);
    assert.equal(summary.recall.all.error, null, "two pictures say nothing of pictures");
    assert.deepEqual(summary.merges.map(({ k }: { k: number }) => k), [2, 3, 4, 5]);
    assert.equal(summary.merges[0].same.count, 2);
    assert.equal(summary.merges[0].other.count, 4);
    assert.ok(summary.keys.instance.value > summary.keys.other.value);
    const markdown = await Deno.readTextFile(join(out, "results.md"));
    assert.equal(said.prints[0], markdown);
    assert.match(markdown, /\| colour {3,}\|/);
    const html = await Deno.readTextFile(join(out, "results.html"));
    assert.ok(html.includes("<svg") && !/(src|href)="http/.test(html));

    const lines = join(out, "pictures.jsonl");
    const whole = await Deno.readTextFile(lines);
    await Deno.writeTextFile(lines, whole.slice(0, whole.length - 40)); // killed while writing
    const again = await call([...args, "--models", "colour"]);
    assert.ok(again.said.notes.includes("resuming  1 of 2 pictures are done"));
    assert.equal(await Deno.readTextFile(lines), whole);
    await Deno.writeTextFile(lines, whole.replace(',"saliency":null', "")); // an earlier measure
    const newer = await call([...args, "--models", "colour"]);
    assert.ok(newer.said.notes.includes("resuming  1 of 2 pictures are done"));
    const more = await call([...args, "--models", "colour,random"]);
    assert.ok(more.said.notes.includes("resuming  2 of 4 pictures are done"));
    const events = more.said.events.filter(({ event }) => event === "result");
    assert.deepEqual(events.map(({ model }) => model), ["colour", "random"]);
    const differences = more.said.events.filter(({ event }) => event === "differences");
    assert.deepEqual(differences.map(({ model }) => model), ["random"]);
    assert.match(more.said.prints[0], /### Differences to colour\n/);
    const shrunk = ["table1", "--data", folder, "--resize", "short:32", "--models", "colour"];
    await refuses([...shrunk, "--out", out], 2, /another version or other options/);
  }));

Deno.test("reproduce refuses what it cannot do, with the exit code of its kind", () =>
  inFolder(async (root) => {
    const out = ["--out", join(root, "out")];
    await refuses(["table3", ...out], 2, /no table "table3"/);
    await refuses(["table1", "--models", "colour,colour", ...out], 2, /colour is there twice/);
    await refuses(["table1", "--models", "colour:grey", ...out], 2, /no grey keys/);
    await refuses(["table1", "--models", "mae-tine", ...out], 2, /no such model or file/);
    await refuses(["table1", "--models", ",", ...out], 2, /the list is empty/);
    await refuses(["table1", "--data", "coco-val2017", ...out], 2, /does not come with Fiedler/);
    await refuses(["table1", "--data", "scenes:0", ...out], 2, /0 pictures/);
    await refuses(["table1", "--data", join(root, "nowhere"), ...out], 3, /./);
    const bare = join(root, "bare");
    await Deno.mkdir(bare);
    const png = encodePng({ width: 8, height: 8, data: new Uint8Array(192) });
    await Deno.writeFile(join(bare, "a.png"), png);
    await refuses(["table1", "--data", bare, ...out], 2, /there is no ground truth/);
    const wrong = {
      images: [{ id: 1, file_name: "a.png", width: 9, height: 8 }],
      categories: [{ id: 1, name: "thing" }],
      annotations: [{
        ...{ id: 1, image_id: 1, category_id: 1, iscrowd: 0, area: 4, bbox: [0, 0, 2, 2] },
        segmentation: [[0, 0, 2, 0, 2, 2, 0, 2]],
      }],
    };
    await Deno.writeTextFile(join(bare, "instances.json"), JSON.stringify(wrong));
    const sized = ["table1", "--data", bare, "--models", "colour", ...out];
    await refuses(sized, 3, /a file of the data is not as it should be/);
    wrong.images[0].width = 8;
    await Deno.writeTextFile(join(bare, "instances.json"), JSON.stringify(wrong));
    await Deno.writeFile(join(bare, "a.png"), png.subarray(0, png.length - 20));
    await refuses(sized, 3, /truncated|ends|cut|corrupt/); // no picture can be used
  }));

Deno.test("data sets and models of reproduce say what they are", async () => {
  const options = { pictures: undefined, maxPixels: 1e8 };
  const scenes = await openStudySet("scenes:3", options);
  assert.deepEqual([scenes.key, scenes.entries.length], ["scenes", 3]);
  const { image, objects } = await scenes.entries[1].read();
  assert.deepEqual([image.width, image.height], [128, 128]);
  assert.ok(objects.every(({ mask }) => mask.size[0] === 128));
  const singles = await openStudySet("singles:2", options);
  assert.equal((await singles.entries[1].read()).objects.length, 1);
  const nuclei = await openStudySet("nuclei", { ...options, pictures: 4 });
  assert.equal(nuclei.entries.length, 4);

  const [mae, plain, random] = await Promise.all(
    ["mae-tiny", "mae-tiny:none", "random"].map(findStudyModel),
  );
  assert.deepEqual([mae.method, mae.centred], ["mae", true]);
  assert.deepEqual([plain.method, plain.centred], [null, false]);
  assert.deepEqual([random.method, random.centred, random.sha256], [null, true, ""]);
  assert.equal(resizeRule("auto", scenes, mae, 8), "fixed:192x192");
  assert.equal(resizeRule("auto", nuclei, mae, 8), "short:256");
  assert.equal(resizeRule("auto", nuclei, { ...mae, small: false }, 16), "native");
  assert.equal(resizeRule("long:64", scenes, mae, 8), "long:64");
});

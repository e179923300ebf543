/** The launcher's commands on real pictures, with the embedded models, as a user would call them. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { rleArea, rleFromString } from "@fiedler/coco";
import { readNpy } from "@fiedler/io";
import type { PictureRecord } from "@fiedler/pipeline";
import { inFolder, results } from "../cli/support.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PHOTOS = ["horse.png", "coffee.png", "rocket.jpg"];
const SMALL = ["--resize", "short:96"];

async function fiedler(args: readonly string[], cwd: string) {
  const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: [join(ROOT, "fiedler"), ...args],
    cwd,
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function photos(root: string): Promise<string> {
  const folder = join(root, "my photos");
  await Deno.mkdir(folder);
  for (const name of PHOTOS) {
    await Deno.copyFile(join(ROOT, "fixtures", "photos", name), join(folder, name));
  }
  return folder;
}

const records = async (run: string): Promise<PictureRecord[]> =>
  (await Deno.readTextFile(join(run, "proposals", "shard-00000.jsonl"))).trimEnd().split("\n")
    .map((line) => JSON.parse(line));

Deno.test("./fiedler pipeline: photos to masks that fill their pictures, and a report", () =>
  inFolder(async (root) => {
    await photos(root);
    const { code, stdout, stderr } = await fiedler([
      "pipeline",
      "my photos",
      "--segmenter",
      "none",
      ...SMALL,
    ], root);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /report {2}runs\/my photos\/report\.html/);
    const run = join(root, "runs", "my photos");
    for (const record of await records(run)) {
      const kept = record.masks.filter(({ dropped }) => dropped === null);
      assert.equal(kept.length, record.counts.kept);
      assert.ok(kept.length >= 1, record.image);
      for (const { segmentation, areaPixels } of kept) {
        assert.deepEqual(segmentation!.size, record.size);
        const runs = rleFromString(segmentation!.counts);
        assert.equal(runs.reduce((a, b) => a + b), record.size[0] * record.size[1]);
        assert.equal(rleArea(runs), areaPixels);
      }
      assert.ok(record.model.centred);
    }
    const report = await Deno.readTextFile(join(run, "report.html"));
    for (const name of PHOTOS) assert.ok(report.includes(name));
    assert.doesNotMatch(report, /<script[^>]+src=|<link[^>]+href="http|@import/);
    const again = await fiedler(["pipeline", "my photos", "--segmenter", "none", ...SMALL], root);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, /finished already/);
  }));

Deno.test("./fiedler propose: the same bytes whatever the batch, also after kill -9", () =>
  inFolder(async (root) => {
    await photos(root);
    const args = ["propose", "my photos", ...SMALL, "--name"];
    assert.equal((await fiedler([...args, "a", "--batch", "3"], root)).code, 0);
    const child = new Deno.Command("/bin/sh", {
      args: [join(ROOT, "fiedler"), ...args, "b", "--batch", "1", "--json"],
      cwd: root,
      stdout: "piped",
      stderr: "null",
    }).spawn();
    // The first picture is saved: the launcher has become Deno, so that the signal reaches it.
    const text = child.stdout.pipeThrough(new TextDecoderStream());
    for await (const part of text) if (part.includes('"progress"')) break;
    child.kill("SIGKILL");
    assert.equal((await child.status).signal, "SIGKILL");
    const resumed = await fiedler([...args, "b", "--batch", "1"], root);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.match(resumed.stderr, /resuming/);
    assert.deepEqual(
      await results(join(root, "runs", "b")),
      await results(join(root, "runs", "a")),
    );
  }));

Deno.test("--save-stages writes every stage as npy", () =>
  inFolder(async (root) => {
    const horse = join(await photos(root), "horse.png");
    const args = ["propose", horse, ...SMALL, "--save-stages", "stages"];
    const { code, stderr } = await fiedler(args, root);
    assert.equal(code, 0, stderr);
    const [{ grid }] = await records(join(root, "runs", "horse"));
    const patches = grid[0] * grid[1];
    const read = async (name: string) =>
      readNpy(await Deno.readFile(join(root, "stages", "horse", `${name}.npy`)));
    assert.deepEqual((await read("keys")).shape, [patches, 128]);
    assert.deepEqual((await read("affinity")).shape, [patches, patches]);
  }));

Deno.test("flat, tiny and constant pictures are flagged or skipped, never NaN", () =>
  inFolder(async (root) => {
    const { encodePng } = await import("@fiedler/io");
    const folder = join(root, "odd");
    await Deno.mkdir(folder);
    const flat = (width: number, height: number, level: number) =>
      encodePng({ width, height, data: new Uint8Array(3 * width * height).fill(level) });
    await Deno.writeFile(join(folder, "black.png"), flat(64, 64, 0));
    await Deno.writeFile(join(folder, "one.png"), flat(1, 1, 200));
    await Deno.writeFile(join(folder, "thin.png"), flat(3, 400, 200));
    await Deno.writeFile(join(folder, "vast.png"), flat(1040, 1040, 200));
    const args = ["pipeline", "odd", "--segmenter", "none", "--resize", "native"];
    const { code, stderr } = await fiedler(args, root);
    assert.equal(code, 0, stderr);
    const run = join(root, "runs", "odd");
    const [black, ...others] = await records(run);
    assert.equal(others.length, 0);
    assert.deepEqual(black.flags.includes("flat"), true);
    assert.equal(black.counts.kept, 0);
    const skipped = (await Deno.readTextFile(join(run, "skipped.jsonl"))).trimEnd().split("\n");
    assert.deepEqual(skipped.map((line) => JSON.parse(line).code), [
      "too-small",
      "too-small",
      "too-large", // 16,900 patches
    ]);
  }));

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dryRun } from "../../packages/cli/dry_run.ts";
import { CliError } from "../../packages/cli/exit.ts";
import { PIPELINE_FLAGS, type PipelineValues } from "../../packages/cli/flags.ts";
import { memoryBudget } from "../../packages/cli/memory_budget.ts";
import { openEngine } from "../../packages/cli/open_engine.ts";
import { distinctGrids, pictureSizes, plannedPictures } from "../../packages/cli/picture_sizes.ts";
import { planRun } from "../../packages/cli/plan.ts";
import { call, inFolder, photoFolder, testPicture } from "./support.ts";

const PHOTOS = fileURLToPath(new URL("../../fixtures/photos/", import.meta.url));

/** Two photos of one size and one of another, in a folder. */
async function photos(root: string): Promise<string> {
  const folder = join(root, "photos");
  await Deno.mkdir(folder);
  for (const name of ["china.jpg", "coffee.png", "rocket.jpg"]) {
    await Deno.copyFile(join(PHOTOS, name), join(folder, name));
  }
  return folder;
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    bytes += isDirectory ? await bytesIn(path) : (await Deno.stat(path)).size;
  }
  return bytes;
}

const namesIn = (folder: string) => Array.fromAsync(Deno.readDir(folder), ({ name }) => name);

Deno.test("--dry-run foretells memory within 10 % and disk within a half, and writes nothing", () =>
  inFolder(async (root) => {
    const out = join(root, "run");
    const args = [
      "pipeline",
      await photos(root),
      "--segmenter",
      "none",
      "--resize",
      "short:96",
      "--out",
      out,
    ];
    const { exit, said } = await call([...args, "--dry-run"]);
    assert.equal(exit, 0);
    assert.deepEqual(await namesIn(root), ["photos"]);
    // deno-lint-ignore no-explicit-any
    const [plan, ...others] = said.events as any[];
    assert.deepEqual([plan.event, plan.pictures, plan.unreadable], ["plan", 3, 0]);
    assert.equal(others.length, 0);
    assert.deepEqual(plan.grids, { fewest: [12, 18], most: [12, 18] });
    assert.ok(plan.time.seconds > 0 && plan.time.flopsPerSecond > 1e6);
    const text = said.prints.join("\n");
    assert.match(text, /^models {4}mae-tiny: .* 0\.818 million parameters, 1\.6 MB$/m);
    assert.match(
      text,
      /^memory {4}\d+ MiB of GPU memory, 4 MiB of it weights, 2 pictures at once/m,
    );
    assert.match(text, /^time {6}about .* a picture at .*FLOP\/s measured on /m);

    await call(args, { openEngine });
    const run = JSON.parse(await Deno.readTextFile(join(out, "run.json")));
    const memory = plan.peakBytes / run.sessions[0].peakGpuBytes;
    assert.ok(memory > 0.9 && memory < 1.1, `planned ${memory} of what it took`);
    const disk = plan.runBytes / await bytesIn(out);
    assert.ok(disk > 0.67 && disk < 1.5, `foretold ${disk} of what was written`);
  }));

Deno.test("a budget that is too small is refused before anything, with exit 7 and advice", () =>
  inFolder(async (root) => {
    const out = join(root, "run");
    const args = ["propose", await photos(root), "--out", out, "--memory", "30M"];
    for (const more of [["--dry-run"], []]) {
      const error = await call([...args, ...more], { openEngine }).catch((error) => error);
      assert.ok(error instanceof CliError, `${error}`);
      assert.equal(error.exit, 7);
      assert.match(error.what, /largest of 3 pictures needs \d+ MiB of GPU memory, .* is 30 MiB/);
      assert.match(error.where, /\d+ × \d+ pixels, 32 × 48 patches/);
      const [, side, memory] = /--resize long:(\d+)\), or give --memory (\d+M)/.exec(error.advice)!;
      for (const flags of [["--resize", `long:${side}`], ["--memory", memory]]) {
        const given = flags[0] === "--memory" ? args.slice(0, -2) : args;
        assert.equal((await call([...given, ...flags, "--dry-run"])).exit, 0);
      }
    }
    assert.deepEqual(await namesIn(out), ["lock"]);
    const tiny = await call([...args.slice(0, -1), "1M", "--dry-run"]).catch((error) => error);
    assert.match(tiny.advice, /choose a smaller model/);
  }));

Deno.test("a dry run refuses options that do not fit the model, as a run does", () =>
  inFolder(async (root) => {
    const args = ["propose", PHOTOS, "--layer", "7", "--out", join(root, "run")];
    for (const more of [["--dry-run"], []]) {
      const error = await call([...args, ...more], { openEngine }).catch((error) => error);
      assert.equal(error.exit, 2, `${error}`);
      assert.match(error.what, /there is no layer 7: mae-tiny has 4 of them/);
    }
  }));

Deno.test("without an adapter a dry run tells everything but the time", () =>
  inFolder(async (root) => {
    const initial = Object.entries(PIPELINE_FLAGS).map(([name, flag]) => [name, flag.initial]);
    const values = Object.fromEntries(initial) as PipelineValues;
    const plan = await planRun("pipeline", [await photoFolder(root)], values, []);
    const said: string[] = [];
    const events: Record<string, unknown>[] = [];
    const out = {
      live: false,
      status: () => {},
      note: () => {},
      print: (text: string) => said.push(text),
      event: (event: Record<string, unknown>) => events.push(event),
    };
    assert.equal(await dryRun(plan, { out }, () => Promise.resolve(null)), 0);
    const { time, adapter, unreadable, pictures, peakBytes } = events[0];
    assert.deepEqual([time, adapter, pictures], [null, null, 10]);
    assert.equal(unreadable, 0); // half a PNG: its header is whole
    assert.ok(peakBytes as number > 1e6);
    assert.match(said.join("\n"), /^time {6}cannot be told without a GPU adapter$/m);
  }));

/** A JPEG whose frame header comes after so many bytes of metadata. */
async function lateHeader(bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const jpeg = await Deno.readFile(join(PHOTOS, "rocket.jpg"));
  const parts: Uint8Array<ArrayBuffer>[] = [jpeg.slice(0, 2)];
  for (let left = bytes; left > 0; left -= 60_000) {
    const segment = new Uint8Array(4 + Math.min(left, 60_000));
    segment.set([0xff, 0xe2]);
    new DataView(segment.buffer).setUint16(2, segment.length - 2);
    parts.push(segment);
  }
  return new Uint8Array(await new Blob([...parts, jpeg.slice(2)]).arrayBuffer());
}

Deno.test("pictureSizes() finds the size wherever the header is, and null where there is none", () =>
  inFolder(async (root) => {
    const files: readonly [string, Uint8Array<ArrayBuffer>, [number, number] | null][] = [
      ["a.png", testPicture(1, 48, 32), [48, 32]],
      ["b.jpg", await Deno.readFile(join(PHOTOS, "rocket.jpg")), [640, 427]],
      ["c.jpg", await lateHeader(300_000), [640, 427]],
      ["d.jpg", (await lateHeader(300_000)).slice(0, 200_000), null],
      ["e.png", testPicture(1).slice(0, 20), null],
      ["f.jpg", new Uint8Array(0), null],
      ["g.jpg", new Uint8Array(100_000), null],
    ];
    for (const [name, bytes] of files) await Deno.writeFile(join(root, name), bytes);
    const paths = [...files.map(([name]) => join(root, name)), join(root, "missing.jpg")];
    const sizes = await pictureSizes(paths);
    const expected = [...files.map(([, , size]) => size), null];
    assert.deepEqual(sizes.map((size) => size && [size.width, size.height]), expected);
  }));

Deno.test("plannedPictures() leaves out what a run would skip", () => {
  const sizes = [[640, 480], [7, 900], [5000, 4000], [20_000, 20_000], null, [480, 640]].map(
    (size) => size && { width: size[0], height: size[1] },
  );
  const rule = { rule: () => "native", patch: 16, maxPatches: 5788, maxPixels: 1e8 };
  const planned = plannedPictures(["a", "b", "c", "d", "e", "f"], sizes, rule);
  assert.deepEqual(planned.map(({ image, grid }) => [image, ...grid]), [
    ["a", 30, 40],
    ["f", 40, 30],
  ]);
  const twice = [...planned, { ...planned[0], grid: [50, 50] as const }, planned[1]];
  assert.deepEqual(distinctGrids(twice).map(({ grid }) => grid[0]), [50, 30, 40]);
});

Deno.test("memoryBudget() reads sizes; auto is half of what is free, on software adapters", () => {
  const adapter = (software: boolean) => ({
    vendor: "",
    architecture: "",
    description: "",
    software,
    subgroupSize: null,
    f16: false,
    timestamps: false,
    texels: false,
  });
  const free = () => 6e9;
  assert.equal(memoryBudget("auto", adapter(true), free), 3e9);
  assert.equal(memoryBudget("auto", adapter(false), free), Infinity);
  assert.equal(memoryBudget("800M", adapter(true), free), 800 * 2 ** 20);
  assert.equal(memoryBudget("1.5GiB", adapter(false), free), 1.5 * 2 ** 30);
  for (const wrong of ["", "4", "4g", "-1G", "G", "4 G", "1e3M"]) {
    assert.ok(!PIPELINE_FLAGS.memory.schema.safeParse(wrong).success, wrong);
  }
});

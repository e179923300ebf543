import assert from "node:assert/strict";
import { join } from "node:path";
import { Disk } from "../../packages/cli/disk.ts";
import { CliError } from "../../packages/cli/exit.ts";
import { fakeEngine } from "./fake_engine.ts";
import { call, inFolder, photoFolder, results, testPicture } from "./support.ts";

const lines = async (path: string) => (await Deno.readTextFile(path)).trimEnd().split("\n");

/** The error of a command that must fail with an exit code. */
async function failure(promise: Promise<unknown>, exit: number): Promise<CliError> {
  const error = await promise.then(() => null, (error) => error);
  assert.ok(error instanceof CliError, `expected a CliError, got ${error?.stack ?? error}`);
  assert.equal(error.exit, exit, error.message);
  return error;
}

Deno.test("pipeline writes the whole run folder and skips what cannot be read", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root);
    const out = join(root, "run");
    const { exit, said } = await call([
      "pipeline",
      photos,
      "--segmenter",
      "none",
      "--out",
      out,
      "--batch",
      "2",
    ]);
    assert.equal(exit, 0);
    const records = (await lines(join(out, "proposals", "shard-00000.jsonl"))).map((line) =>
      JSON.parse(line)
    );
    assert.deepEqual(records.map(({ image }) => image), records.map(({ image }) => image).sort());
    assert.equal(records.length, 9);
    const skips = (await lines(join(out, "skipped.jsonl"))).map((line) => JSON.parse(line));
    assert.equal(skips.length, 1);
    assert.equal(skips[0].image, "broken.png");
    assert.equal(skips[0].code, "truncated");
    const coco = JSON.parse(await Deno.readTextFile(join(out, "proposals.coco.json")));
    assert.equal(coco.length, 9);
    const files = await results(out);
    assert.ok(files.has("overlays/more/p2.png"));
    assert.ok(files.has("panels/1.json") || files.has(`panels/${records[0].id}.json`));
    assert.match(await Deno.readTextFile(join(out, "report.html")), /<html/);
    assert.ok(said.prints.join("\n").includes(join(out, "report.html")));
    assert.match(said.prints.join("\n"), /9 masks in 9 pictures/);
    assert.match(said.prints.join("\n"), /1 file is not a picture: notes.txt.bak/);
    assert.equal(said.events.filter(({ event }) => event === "picture").length, 9);
  }));

Deno.test("SHA256SUMS holds for every result file", () =>
  inFolder(async (root) => {
    const out = join(root, "run");
    await call(["propose", await photoFolder(root, 3), "--out", out]);
    const sums = await lines(join(out, "SHA256SUMS"));
    for (const line of sums) {
      const [, hash, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line)!;
      const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(join(out, name)));
      assert.equal(new Uint8Array(digest).toHex(), hash, name);
    }
    assert.equal(sums.length, (await results(out)).size - 1);
    assert.equal((await results(out)).has("report.html"), false);
  }));

Deno.test("results depend neither on the batch size nor on the run's name", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root);
    const [a, b] = [join(root, "a"), join(root, "b")];
    await call(["pipeline", photos, "--segmenter", "none", "--out", a, "--batch", "1"]);
    await call(["pipeline", photos, "--segmenter", "none", "--out", b, "--batch", "7"]);
    assert.deepEqual(await results(b), await results(a));
  }));

Deno.test("the same command on a finished run says so and changes nothing", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 2);
    const out = join(root, "run");
    await call(["pipeline", photos, "--segmenter", "none", "--out", out]);
    const before = await Deno.readTextFile(join(out, "run.json"));
    const { exit, said } = await call(["pipeline", photos, "--segmenter", "none", "--out", out], {
      openEngine: () => Promise.reject(new Error("the GPU must not be opened")),
    });
    assert.equal(exit, 0);
    assert.match(said.prints[0], /finished already: 2 masks in 2 pictures, 1 skipped/);
    assert.equal(await Deno.readTextFile(join(out, "run.json")), before);
  }));

Deno.test("another run's folder is refused with what differs, --force moves it aside", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 2);
    const out = join(root, "run");
    await call(["pipeline", photos, "--segmenter", "none", "--out", out]);
    await Deno.writeFile(join(photos, "new.png"), testPicture(50));
    await Deno.remove(join(photos, "p0.png"));
    const other = ["pipeline", photos, "--segmenter", "none", "--out", out, "--nms", "0.5"];
    const { what, advice } = await failure(call(other), 2);
    assert.match(what, /nms: 0\.7 there, 0\.5 now/);
    assert.match(what, /1 picture is gone: p0\.png/);
    assert.match(what, /1 picture is new: new\.png/);
    assert.match(advice, /--force/);
    await call([...other, "--force"]);
    assert.equal((await results(`${out}.1`)).has("SHA256SUMS"), true);
    assert.equal((await results(out)).has("SHA256SUMS"), true);
    await call([...other, "--force"]);
    assert.equal((await results(`${out}.2`)).has("SHA256SUMS"), true);
  }));

Deno.test("a folder that is no run is refused, also with --force", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 1);
    for (const force of [[], ["--force"]]) {
      const { what } = await failure(
        call(["pipeline", photos, "--segmenter", "none", "--out", photos, ...force]),
        2,
      );
      assert.match(what, /holds something else than a run/);
    }
  }));

Deno.test("a run folder in use is refused with exit 75", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 1);
    const out = join(root, "run");
    await Deno.mkdir(out);
    using lock = await Deno.open(join(out, "lock"), { create: true, read: true, write: true });
    assert.ok(await lock.tryLock(true));
    const { what } = await failure(
      call(["pipeline", photos, "--segmenter", "none", "--out", out]),
      75,
    );
    assert.match(what, /another process is working/);
  }));

Deno.test("--strict stops at the first bad picture with exit 3; later runs resume", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 3);
    const out = join(root, "run");
    const { where } = await failure(
      call(["pipeline", photos, "--segmenter", "none", "--out", out, "--strict"]),
      3,
    );
    assert.equal(where, "broken.png");
    assert.equal((await call(["pipeline", photos, "--segmenter", "none", "--out", out])).exit, 0);
  }));

Deno.test("only unreadable pictures: exit 3", () =>
  inFolder(async (root) => {
    const photos = join(root, "photos");
    await Deno.mkdir(photos);
    await Deno.writeFile(join(photos, "a.jpg"), new Uint8Array());
    await Deno.writeTextFile(join(photos, "b.png"), "hello");
    await failure(call(["pipeline", photos, "--segmenter", "none", "--out", join(root, "run")]), 3);
  }));

Deno.test("missing places, empty folders and unknown models: exit 2", () =>
  inFolder(async (root) => {
    const out = ["--out", join(root, "run")];
    await failure(call(["pipeline", join(root, "nowhere"), "--segmenter", "none", ...out]), 2);
    await failure(call(["pipeline", root, "--segmenter", "none", ...out]), 2);
    const photos = await photoFolder(root, 1);
    const { what } = await failure(
      call(["pipeline", photos, "--segmenter", "none", ...out, "--model", "mae-tinny"]),
      2,
    );
    assert.match(what, /did you mean mae-tiny\?/);
    await failure(
      call([
        "pipeline",
        photos,
        "--segmenter",
        "none",
        ...out,
        "--config",
        join(root, "none.json"),
      ]),
      2,
    );
    await failure(call(["pipeline", photos, "--segmenter", "none", ...out, "--name", "x"]), 2);
    await failure(call(["report", root]), 2);
  }));

Deno.test("a lost device is opened again; three times in a minute is exit 6, resumable", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root);
    const whole = join(root, "whole");
    const args = ["pipeline", photos, "--segmenter", "none", "--batch", "2", "--out"];
    await call([...args, whole]);
    const some = join(root, "some");
    const { said } = await call([...args, some], { openEngine: fakeEngine({ loseAt: [2, 5] }) });
    assert.equal(said.notes.filter((line) => line.includes("lost")).length, 2);
    assert.deepEqual(await results(some), await results(whole));
    const many = join(root, "many");
    const lost = call([...args, many], { openEngine: fakeEngine({ loseAt: [3, 4, 5] }) });
    assert.match((await failure(lost, 6)).what, /lost 3 times within a minute/);
    await call([...args, many]);
    assert.deepEqual(await results(many), await results(whole));
  }));

Deno.test("a stop signal saves, exits 130 and resumes to the same bytes", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root);
    const args = ["pipeline", photos, "--segmenter", "none", "--batch", "2", "--out"];
    const [whole, part] = [join(root, "whole"), join(root, "part")];
    await call([...args, whole]);
    const stop = { signal: "SIGINT" as const };
    const { advice } = await failure(call([...args, part], { stop }), 130);
    assert.match(advice, /same command again/);
    assert.equal((await lines(join(part, "proposals", "shard-00000.jsonl"))).length, 1);
    await call([...args, part]);
    assert.deepEqual(await results(part), await results(whole));
  }));

/** Runs into an error at each step in turn, resumes, and compares with an undisturbed run. */
async function failAtEachStep(root: string, error: () => Error, exit: number | null) {
  const photos = await photoFolder(root, 3);
  const whole = join(root, "whole");
  let steps = 0;
  const args = [
    "pipeline",
    photos,
    "--segmenter",
    "none",
    "--batch",
    "2",
    "--gallery",
    "1",
    "--out",
  ];
  await call([...args, whole], { disk: new Disk(() => void steps++) });
  const expected = await results(whole);
  assert.ok(steps > 50);
  for (let n = 1; n <= steps; n++) {
    const out = join(root, `broken at ${n}`);
    let left = n;
    const disk = new Disk(() => {
      if (--left === 0) throw error();
    });
    const failed = await call([...args, out], { disk }).then(() => null, (error) => error);
    if (exit !== null) {
      assert.ok(failed instanceof CliError && failed.exit === exit, `step ${n}: ${failed?.stack}`);
      assert.ok(failed.where.includes(out), failed.where);
    } else assert.ok(failed !== null, `step ${n}`);
    await call([...args, out]);
    assert.deepEqual(await results(out), expected, `step ${n}`);
    await Deno.remove(out, { recursive: true });
  }
}

Deno.test("a full disk at any step is exit 5, names path and bytes, and resumes", () =>
  inFolder((root) =>
    failAtEachStep(root, () => Object.assign(new Error("no space"), { code: "ENOSPC" }), 5)
  ));

Deno.test("a full disk is told with the path and the bytes wanted", () =>
  inFolder(async (root) => {
    const disk = new Disk((step) => {
      if (step === "append") throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    });
    const path = join(root, "a.jsonl");
    const error = await failure(disk.append(path, "twelve bytes"), 5);
    assert.equal(error.what, "the disk is full");
    assert.equal(error.where, `append ${path}, 12 bytes wanted`);
    assert.match(error.advice, /earlier results are intact/);
  }));

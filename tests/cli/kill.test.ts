/**
 * Kills the command line as a process, with its real workers: nothing may be lost, and the files
 * of a run that was killed and resumed are those of an undisturbed one, byte for byte.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, photoFolder, results, spawn } from "./support.ts";

const KILLS = Number(Deno.env.get("FIEDLER_KILLS") ?? 10);

/** Mulberry32: the same delays in every run of the test. */
function random(seed: number): () => number {
  return () => {
    seed = seed + 0x6d2b79f5 | 0;
    let mixed = Math.imul(seed ^ seed >>> 15, 1 | seed);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const decoder = new TextDecoder();

async function undisturbed(photos: string, root: string) {
  const started = performance.now();
  const { code, stderr } = await spawn([
    "pipeline",
    photos,
    "--segmenter",
    "none",
    "--out",
    "whole",
    "--batch",
    "2",
  ], root)
    .output();
  assert.equal(code, 0, decoder.decode(stderr));
  return { ms: performance.now() - started, files: await results(join(root, "whole")) };
}

Deno.test(`kill -9 at ${KILLS} random moments loses nothing`, () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 12);
    const { ms, files } = await undisturbed(photos, root);
    const next = random(42);
    let kills = 0;
    for (let run = 0; kills < KILLS; run++) {
      const out = join(root, `killed ${run}`);
      for (let finished = false; !finished;) {
        const child = spawn([
          "pipeline",
          photos,
          "--segmenter",
          "none",
          "--out",
          out,
          "--batch",
          "2",
        ], root);
        // The first 100 ms are Deno's start: nothing to disturb yet.
        const timer = setTimeout(() => {
          try {
            child.kill("SIGKILL");
          } catch { /* it has just ended by itself */ }
        }, kills < KILLS ? 100 + next() * ms : 2 ** 30);
        const { code, signal, stderr } = await child.output();
        clearTimeout(timer);
        if (signal === "SIGKILL") kills++;
        else {
          assert.equal(code, 0, decoder.decode(stderr));
          finished = true;
        }
      }
      assert.deepEqual(await results(out), files, `run ${run}`);
    }
  }));

/** Waits for the first record of a run. */
async function hasProposals(run: string): Promise<void> {
  for (const end = Date.now() + 120_000; Date.now() < end; await wait(10)) {
    try {
      for await (const { name } of Deno.readDir(join(run, "proposals"))) {
        const { size } = await Deno.stat(join(run, "proposals", name));
        if (name.startsWith("shard-") && size > 0) return;
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  assert.fail(`${run} has no proposals after two minutes`);
}

Deno.test("SIGINT and SIGTERM save, exit 130 and 143, and say how to go on", () =>
  inFolder(async (root) => {
    if (Deno.build.os === "windows") return;
    const photos = await photoFolder(root, 12);
    const { files } = await undisturbed(photos, root);
    for (const [signal, exit] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
      const args = ["pipeline", photos, "--segmenter", "none", "--out", signal, "--batch", "1"];
      const child = spawn(args, root);
      await hasProposals(join(root, signal));
      child.kill(signal);
      const { code, stderr } = await child.output();
      assert.equal(code, exit, decoder.decode(stderr));
      assert.match(decoder.decode(stderr), /run the same command again to go on/);
      assert.equal((await spawn(args, root).output()).code, 0);
      assert.deepEqual(await results(join(root, signal)), files);
    }
  }));

Deno.test("two processes cannot share a run: the second exits 75", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 12);
    const args = ["pipeline", photos, "--segmenter", "none", "--out", "shared", "--batch", "1"];
    const both = await Promise.all([spawn(args, root).output(), spawn(args, root).output()]);
    const codes = both.map(({ code }) => code).sort();
    assert.deepEqual(codes, [0, 75], both.map(({ stderr }) => decoder.decode(stderr)).join("\n"));
  }));

Deno.test("--json writes JSON lines only, ending in the report's path", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 3);
    const { code, stdout, stderr } = await spawn(
      ["pipeline", photos, "--segmenter", "none", "--out", "run", "--json"],
      root,
    ).output();
    assert.equal(code, 0, decoder.decode(stderr));
    assert.equal(decoder.decode(stderr), "");
    const events = decoder.decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(events[0].event, "start");
    assert.equal(events.at(-1).event, "end");
    assert.equal(events.at(-1).report, join("run", "report.html"));
  }));

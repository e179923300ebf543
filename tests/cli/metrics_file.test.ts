import assert from "node:assert/strict";
import { join } from "node:path";
import { Disk } from "../../packages/cli/disk.ts";
import { MetricsFile, type MetricsLine, readMetrics } from "../../packages/cli/metrics_file.ts";
import { inFolder } from "./support.ts";

const line = (step: number): MetricsLine => ({
  entries: 12, // not in the order of the file
  positives: 40 + step,
  step,
  rate: 1e-3 / step,
  category: 1 / 3 / step,
  maxProjection: step % 2 ? null : 0.5,
  meanProjection: 0.25,
  pairwise: null,
  dice: null,
  total: 2 / step,
  gradientNorm: null,
});

/** Writes the lines after a checkpoint up to a step. */
async function write(path: string, from: number, to: number): Promise<void> {
  const file = await MetricsFile.open(new Disk(), path, from);
  for (let step = from + 1; step <= to; step++) await file.add(line(step));
  await file.flush();
}

Deno.test("lines come back as they were; null stays null, and times have no place", () =>
  inFolder(async (root) => {
    const path = join(root, "metrics.jsonl");
    assert.deepEqual(await readMetrics(path), []);
    await write(path, 0, 40);
    assert.deepEqual(await readMetrics(path), Array.from({ length: 40 }, (_, i) => line(i + 1)));
    const [first] = (await Deno.readTextFile(path)).split("\n");
    assert.equal(
      first,
      '{"step":1,"rate":0.001,"category":0.3333333333333333,"maxProjection":null,' +
        '"meanProjection":0.25,"pairwise":null,"dice":null,"total":2,"gradientNorm":null,' +
        '"positives":41,"entries":12}',
    );
  }));

Deno.test("a training resumed at any checkpoint, torn anywhere, leaves the bytes of a whole one", () =>
  inFolder(async (root) => {
    const [whole, path] = [join(root, "whole.jsonl"), join(root, "metrics.jsonl")];
    await write(whole, 0, 7);
    const bytes = await Deno.readFile(whole);
    for (const checkpoint of [0, 1, 4, 7]) {
      let stored = 0; // bytes of the lines before the checkpoint
      for (let i = 0; i < checkpoint; i++) stored = bytes.indexOf(10, stored) + 1;
      for (let length = stored; length <= bytes.length; length += 29) {
        await Deno.writeFile(path, bytes.subarray(0, length));
        await write(path, checkpoint, 7);
        assert.deepEqual(await Deno.readFile(path), bytes);
      }
    }
  }));

Deno.test("lines are stored some at a time, and all by flush()", () =>
  inFolder(async (root) => {
    const path = join(root, "metrics.jsonl");
    const file = await MetricsFile.open(new Disk(), path, 0);
    for (let step = 1; step <= 17; step++) await file.add(line(step));
    assert.equal((await readMetrics(path)).length, 16);
    await file.flush();
    await file.flush(); // nothing to store: nothing is stored twice
    assert.equal((await readMetrics(path)).length, 17);
  }));

Deno.test("a disk that fails stores no line twice", () =>
  inFolder(async (root) => {
    const path = join(root, "metrics.jsonl");
    let broken = true;
    const disk = new Disk((step) => {
      if (broken && step === "sync") throw Object.assign(new Error("broken"), { code: "EIO" });
    });
    const file = await MetricsFile.open(disk, path, 0);
    await file.add(line(1));
    await assert.rejects(file.flush(), { exit: 5 }); // the line is written, but not safe
    broken = false;
    await file.flush();
    assert.deepEqual(await readMetrics(path), [line(1)]);
    await write(path, 0, 2);
    assert.deepEqual(await readMetrics(path), [line(1), line(2)]);
  }));

Deno.test("a file that ends before the checkpoint, or is of something else, is refused", () =>
  inFolder(async (root) => {
    const path = join(root, "metrics.jsonl");
    await write(path, 0, 3);
    await assert.rejects(MetricsFile.open(new Disk(), path, 4), {
      exit: 2,
      what: "the metrics end at step 3, before the checkpoint of step 4",
      where: path,
    });
    await Deno.writeTextFile(path, '{"step":1}\nnull\n{"step":3}\n');
    await assert.rejects(MetricsFile.open(new Disk(), path, 1), {
      exit: 2,
      what: "the metrics are not those of steps 1, 2, 3, …",
    });
  }));

Deno.test("steps in a wrong order, and numbers that are not finite, are refused", () =>
  inFolder(async (root) => {
    const file = await MetricsFile.open(new Disk(), join(root, "metrics.jsonl"), 0);
    await assert.rejects(file.add(line(2)), {
      name: "RangeError",
      message: "metrics: step must be 1, got 2",
    });
    await assert.rejects(file.add({ ...line(1), total: Infinity }), {
      name: "RangeError",
      message: "metrics: total of step 1 must be finite or null, got Infinity",
    });
    await file.add(line(1));
  }));

Deno.test("60,000 steps are cut back to a checkpoint in the middle", () =>
  inFolder(async (root) => {
    const path = join(root, "metrics.jsonl");
    const steps = Array.from({ length: 60_000 }, (_, i) => ({ ...line(1), step: i + 1 }));
    await Deno.writeTextFile(path, steps.map((it) => `${JSON.stringify(it)}\n`).join(""));
    await MetricsFile.open(new Disk(), path, 31_415);
    const left = await readMetrics(path);
    assert.equal(left.length, 31_415);
    assert.equal(left[31_414].step, 31_415);
  }));

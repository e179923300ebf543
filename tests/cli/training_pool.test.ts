import { decodeRle, encodeRle, rleFromString, rleToString } from "@fiedler/coco";
import { decodeImage } from "@fiedler/io";
import { TINY_SEGMENTER } from "@fiedler/segmenter";
import {
  makeSampler,
  type StepView,
  stepViews,
  targetLevels,
  TINY_TRAINING,
  type TrainingView,
} from "@fiedler/train";
import assert from "node:assert/strict";
import { join } from "node:path";
import { CliError } from "../../packages/cli/exit.ts";
import { openViews, type OpenViewsOptions } from "../../packages/cli/training_pool.ts";
import type { TrainingPicture, TrainingSet } from "../../packages/cli/training_set.ts";
import { inFolder, testPicture } from "./support.ts";

const SETTINGS = {
  ...TINY_TRAINING,
  steps: 9,
  batch: 3,
  seed: 5,
  views: { ...TINY_TRAINING.views, shortSides: [32, 40], strong: true, copyPaste: true },
};

/** Pictures on disk, five wide and two tall, with two masks each. */
async function makeSet(folder: string): Promise<TrainingSet> {
  const pictures: TrainingPicture[] = [];
  for (let i = 0; i < 7; i++) {
    const [height, width] = i < 5 ? [32, 48] : [48, 32];
    const path = join(folder, `${i}.png`);
    await Deno.writeFile(path, testPicture(i, width, height));
    const masks = [3, 17].map((left) => {
      const mask = new Uint8Array(width * height);
      for (let y = 8; y < 24; y++) mask.fill(1, y * width + left, y * width + left + 10);
      return rleToString(encodeRle(mask, height, width));
    });
    pictures.push({ name: `${i}.png`, id: i, path, size: [height, width], sha256: null, masks });
  }
  return { pictures } as unknown as TrainingSet; // all that is read of it
}

async function collect(set: TrainingSet, options: Partial<OpenViewsOptions> = {}) {
  using views = openViews(set, SETTINGS, TINY_SEGMENTER, { from: 0, multiple: 16, ...options });
  return await Array.fromAsync(views);
}

/** The same without workers, a cache or what runs ahead. */
async function direct({ pictures }: TrainingSet, step: number): Promise<StepView[]> {
  const batchOf = makeSampler(pictures.map(({ size }) => size), SETTINGS);
  const batch: TrainingView[] = [];
  for (const index of batchOf(step)) {
    const { path, masks } = pictures[index];
    const { width, height, data } = await decodeImage(await Deno.readFile(path));
    const instances = masks.map((text) => ({
      mask: decodeRle(rleFromString(text), height, width),
      label: 0,
    }));
    batch.push({ width, height, data, instances });
  }
  const { seed, views } = SETTINGS;
  const levels = targetLevels(TINY_SEGMENTER);
  return stepViews(batch, batchOf(step), { step, seed, views, levels, multiple: 16 });
}

Deno.test("openViews() gives the views of stepViews(), whoever makes them and however many are kept", () =>
  inFolder(async (folder) => {
    const set = await makeSet(folder);
    const steps = await collect(set, { workers: 2 });
    assert.deepEqual(steps.map(({ step }) => step), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (const { step, views } of steps) assert.deepEqual(views, await direct(set, step));
    assert.deepEqual(await collect(set, { workers: 1, cacheBytes: 0 }), steps);
    // Two of seven pictures of 4,608 bytes fit.
    assert.deepEqual(await collect(set, { workers: 1, cacheBytes: 10_000 }), steps);
    const filled = await collect(set, { workers: 3, fill: [1, 2, 3] });
    assert.notDeepEqual(filled, steps);
  }));

Deno.test("openViews() that was stopped goes on with the same bytes at any step", () =>
  inFolder(async (folder) => {
    const set = await makeSet(folder);
    const whole = await collect(set, { workers: 1 });
    for (const stopped of [1, 4]) {
      const steps = [];
      for await (
        const step of openViews(set, SETTINGS, TINY_SEGMENTER, {
          ...{ from: 0, multiple: 16, workers: 2 },
        })
      ) {
        steps.push(step);
        if (steps.length === stopped) break; // which stops the workers
      }
      const rest = await collect(set, { from: stopped, workers: 2 });
      assert.deepEqual([...steps, ...rest], whole);
    }
    assert.deepEqual(await collect(set, { from: 9 }), []);
  }));

Deno.test("openViews() that is closed while a step is awaited says so", () =>
  inFolder(async (folder) => {
    const views = openViews(await makeSet(folder), SETTINGS, TINY_SEGMENTER, {
      ...{ from: 0, multiple: 16, workers: 1 },
    });
    const next = views[Symbol.asyncIterator]().next();
    views[Symbol.dispose]();
    await assert.rejects(next, /closed while a step was wanted/);
  }));

Deno.test("openViews() stops at a picture that is not what it was, and names it", () =>
  inFolder(async (folder) => {
    const set = await makeSet(folder);
    const { path } = set.pictures[3];
    const whole = await Deno.readFile(path);
    const stops = async (what: RegExp, where: RegExp, broken: TrainingSet = set) => {
      await assert.rejects(collect(broken, { workers: 2 }), (error: Error) => {
        assert.ok(error instanceof CliError, error.stack);
        assert.equal(error.exit, 3);
        assert.match(error.what, what);
        assert.ok(error.where.startsWith(`${path}: `), error.where);
        assert.match(error.where, where);
        assert.match(error.advice, /out of the source/);
        return true;
      });
    };
    await Deno.writeFile(path, whole.subarray(0, whole.length / 2));
    await stops(/cannot be read/, /png: /);
    await Deno.writeFile(path, testPicture(3, 40, 32));
    await stops(/not of the size of its masks/, /32 × 40 pixels, its masks have 32 × 48$/);
    await Deno.remove(path);
    await stops(/cannot be read/, /: the file is gone$/);
    await Deno.writeFile(path, whole);
    const pictures = set.pictures.map((picture) => ({
      ...picture,
      sha256: picture.path === path ? "0".repeat(64) : null,
    }));
    await stops(/changed since its masks were made/, /its hash is another$/, { ...set, pictures });
  }));

Deno.test("openViews(): a fault of our own is no CliError", () =>
  inFolder(async (folder) => {
    const set = await makeSet(folder);
    await assert.rejects(
      collect(set, { workers: 1, multiple: 6 }),
      (error: Error) => !(error instanceof CliError) && /multiple of 4, got 6/.test(error.message),
    );
  }));

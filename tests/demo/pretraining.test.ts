import assert from "node:assert/strict";
import { Gpu } from "@fiedler/gpu";
import { blobSource, openTensorFile } from "@fiedler/io";
import { recognise } from "@fiedler/models";
import { makeExplorer, type PictureRecord, PRACTICAL } from "@fiedler/pipeline";
import { pretrainRate } from "@fiedler/pretrain";
import { Clock } from "../../packages/demo/clock.ts";
import type { Bench, Engine } from "../../packages/demo/engine.ts";
import { MaeCourse } from "../../packages/demo/mae_course.ts";
import { openStudio } from "../../packages/demo/open_studio.ts";
import { Pretraining } from "../../packages/demo/pretrain.ts";
import { coursePlan, fittingBatch, scenePlan } from "../../packages/demo/pretrain_plan.ts";
import { ScenePool } from "../../packages/demo/scene_pool.ts";
import { SceneStream } from "../../packages/demo/scene_stream.ts";
import { Snapshots } from "../../packages/demo/snapshots.ts";
import type {
  PretrainingOptions,
  PretrainingProgress,
  Studio,
  StudioNews,
  StudioOptions,
} from "../../packages/demo/studio.ts";
import { WorkQueue } from "../../packages/demo/work_queue.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const DEMO = new URL("../../packages/demo/", import.meta.url);

/** 16 patches of a scene, of which 4 are seen, and one narrow block. */
const SMALL = { dim: 16, depth: 1, heads: 2, crop: 32 };
/** 8 × 8 patches. */
const LOOK: StudioOptions = {
  ...{ model: "mae-tiny", saliencyModel: "mae-tiny", shortSide: 64, proposals: PRACTICAL },
};

Deno.test("snapshots are evenly apart, however many were taken", () => {
  for (const steps of [10, 100, 1000, 5000]) {
    const snapshots = new Snapshots();
    for (let step = 0; step < steps; step++) {
      const ms = 700 * step;
      if (snapshots.isDue(ms)) snapshots.add({ step, ms, loss: 1 }, new Uint8Array(1));
    }
    const times = snapshots.facts.map(({ ms }) => ms);
    assert.ok(times.length <= 24, `${times.length} of ${steps}`);
    const every = [1, 2, 4, 8, 16, 32, 64, 128].map((times) => 2500 * times)
      .find((every) => 700 * (steps - 1) / every < times.length)!;
    times.forEach((ms, i) => assert.ok(ms >= i * every && ms < i * every + 700, `${times}`));
    if (steps > 100) assert.ok(times.length >= 12, `${times}`);
  }
});

Deno.test("a snapshot that was thinned out is missed by its name", () => {
  const snapshots = new Snapshots();
  for (let step = 0; step < 25; step++) {
    snapshots.add({ step, ms: 2500 * step, loss: null }, Uint8Array.of(step));
  }
  assert.deepEqual([...snapshots.find(24).file], [24]);
  assert.throws(() => snapshots.find(23), /^RangeError: snapshot 23: /);
  snapshots.clear();
  snapshots.add({ step: 0, ms: 0, loss: null }, Uint8Array.of(0));
  assert.deepEqual(snapshots.facts.map(({ id }) => id), [25]);
});

Deno.test("a pause stops the clock, and ends by itself or by a signal", async () => {
  let now = 100;
  const clock = new Clock(() => now);
  now = 130;
  clock.pause(true);
  now = 500;
  clock.pause(true);
  assert.equal(clock.ms, 30);
  const stop = new AbortController();
  const both = Promise.all([
    clock.running(new AbortController().signal),
    clock.running(stop.signal),
  ]);
  stop.abort();
  await clock.running(stop.signal);
  clock.pause(false);
  await both;
  now = 510;
  assert.equal(clock.ms, 40);
});

Deno.test("the batch is what half a second allows, a power of two from 2 to 64", () => {
  assert.deepEqual(
    [[2, 4000], [2, 250], [2, 240], [2, 124], [16, 125], [16, 5]].map(([trial, ms]) =>
      fittingBatch(trial, ms)
    ),
    [2, 4, 4, 8, 64, 64],
  );
});

Deno.test("a step has new scenes as far as there is time to draw them", () => {
  const settings = coursePlan(SMALL, { batch: 4, steps: 50, seed: 3 });
  assert.equal(settings.optimiser.warmUp, 5);
  assert.deepEqual([0, 50, 1000].map((ms) => scenePlan(settings, ms).fresh), [1, 2, 4]);
  const plan = scenePlan(settings, 0);
  const [pool, same] = [new ScenePool(plan), new ScenePool(plan)];
  for (const drawn of [4, 5, 6]) {
    const batch = pool.next();
    assert.deepEqual(batch, same.next());
    assert.deepEqual(batch.crops.map(({ length }) => length), Array(4).fill(3 * 32 ** 2));
    assert.equal(pool.drawn, drawn);
  }
});

async function withStudio(
  body: (studio: Studio, news: readonly StudioNews[]) => Promise<void>,
): Promise<void> {
  const news: StudioNews[] = [];
  await using studio = await openStudio({
    worker: new URL("worker.ts", DEMO),
    scenes: new URL("scene_worker.ts", DEMO),
    weights: new URL("weights/", FIXTURES),
    onNews: (one) => void news.push(one),
  });
  await body(studio, news);
}

/** Pretrains, and what was told of it. */
async function pretrained(studio: Studio, options: Partial<PretrainingOptions>) {
  const told: PretrainingProgress[] = [];
  const result = await studio.pretrain({
    ...{ ms: 60_000, seed: 0, changes: SMALL, ...options },
    onProgress(progress) {
      told.push(progress);
      options.onProgress?.(progress);
    },
  });
  return { result, told, steps: told.flatMap(({ steps }) => steps) };
}

/** Pauses a pretraining at its first steps, looks whether it stands still, and stops it. */
async function pausedAndStopped(studio: Studio): Promise<void> {
  const stop = new AbortController();
  let told = 0;
  const resting = async () => {
    await studio.pausePretraining(true);
    // A step that is under way may still be told of, on a busy machine late.
    let before = -1;
    for (let seconds = 0; told !== before && seconds < 10; seconds++) {
      before = told;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    assert.equal(told, before);
    stop.abort();
  };
  let pausing: Promise<void> | null = null;
  const { result: paused } = await pretrained(studio, {
    signal: stop.signal,
    onProgress({ steps }) {
      told++;
      if (steps.length > 0) pausing ??= resting();
    },
  });
  await pausing;
  assert.equal(paused.ended, "stopped");
}

Deno.test("scenes that cannot be drawn are an error of whoever waits for them", async () => {
  const plan = scenePlan(coursePlan(SMALL, { batch: 2, steps: 1, seed: 0 }), 0);
  const stream = new SceneStream(new URL("none.ts", DEMO), plan);
  await assert.rejects(stream.ready(), /the worker that draws scenes failed: /);
  await assert.rejects(stream.next(), /the worker that draws scenes failed: /);
});

Deno.test("the rate falls over as many steps as there will be, which time decides", async () => {
  const settings = coursePlan(SMALL, { batch: 2, steps: 40, seed: 0 });
  const gpu = await Gpu.open();
  const bench = { gpu, explorer: makeExplorer(gpu), extractors: new Map() };
  const course = new MaeCourse(settings);
  const pool = new ScenePool(scenePlan(settings, 0));
  const [first] = await course.run(bench, [pool.next()]);
  course.steps = 3;
  const [second] = await course.run(bench, [pool.next()]);
  assert.equal(first.rate, pretrainRate(settings, 1));
  assert.equal(second.rate, pretrainRate({ ...settings, steps: 3 }, 2));
  assert.notEqual(second.rate, pretrainRate(settings, 2));
  course.steps = 0; // there is always one more
  assert.deepEqual([course.done, course.steps], [2, 3]);
  course.free();
  gpu.close();
});

/** Everything of a record but by which file it was found. */
const found = ({ model: _, saliencyModel: __, ...rest }: PictureRecord) => rest;

Deno.test("pretraining keeps to its time, its snapshots are models, and a pause holds it", async () => {
  await withStudio(async (studio) => {
    const phases: string[] = [];
    const onPhase = (words: string) => void phases.push(words);
    const { result, told, steps } = await pretrained(studio, { ms: 1000, onPhase });
    const [compiling, measuring, ...last] = phases;
    assert.match(compiling, /^compiling/);
    assert.match(measuring, /^measuring/);
    assert.match(last.at(-1)!, /^drawing/);
    assert.deepEqual([result.ended, result.steps], ["time", steps.length]);
    assert.deepEqual(steps.map(({ step }) => step), steps.map((_, i) => i + 1));
    assert.deepEqual([told[0].leftMs > 900, told.at(-1)!.leftMs], [true, 0]);
    assert.ok(steps.every(({ loss }) => loss > 0.5 && loss < 3)); // of a network that knows little
    const [first, ...others] = result.snapshots;
    assert.deepEqual([first.step, first.ms, first.loss], [0, 0, null]);
    assert.equal(others.at(-1)!.step, steps.length);
    assert.deepEqual(told.at(-1)!.snapshots, result.snapshots);

    await assert.rejects(studio.snapshotColours(first.id, LOOK), /no picture is open/);
    await studio.open(
      new Blob([await Deno.readFile(new URL("photos/astronaut.png", FIXTURES))]),
      "astronaut",
    );
    const [before, after] = [
      await studio.snapshotColours(first.id, LOOK),
      await studio.snapshotColours(others.at(-1)!.id, LOOK),
    ];
    assert.equal(before.data.length, 3 * before.rows * before.columns);
    assert.notDeepEqual(before.data, after.data);
    const masks = await studio.snapshotMasks(first.id, LOOK);
    const file = await studio.snapshotFile(first.id);
    const { id } = await studio.addModel(file, "encoder.safetensors");
    const shown = await studio.show({ ...LOOK, model: id, saliencyModel: id });
    assert.deepEqual(found(shown.record), found(masks));
    assert.deepEqual(shown.features.data, before.data);
    assert.equal(shown.record.model.centred, true);
    assert.match(recognise(await openTensorFile(blobSource(file))).title, /1 block/);
    await pausedAndStopped(studio);
  });
});

Deno.test("time that runs out while progress is told leaves no step without a snapshot", async () => {
  const gpu = await Gpu.open();
  const bench = { gpu, explorer: makeExplorer(gpu), extractors: new Map() };
  const engine = {
    adapter: () => Promise.resolve(gpu.adapter),
    use: (work: (some: Bench) => unknown) => work(bench),
  } as unknown as Engine;
  const scenes = new URL("scene_worker.ts", DEMO);
  const left: number[] = [];
  const { steps, snapshots } = await new Pretraining(
    { engine, queue: new WorkQueue(), snapshots: new Snapshots(), scenes },
    { ms: 1000, seed: 0, changes: SMALL },
    {
      signal: new AbortController().signal,
      onPhase: () => {},
      onProgress({ leftMs }) {
        left.push(leftMs);
        const start = performance.now(); // some steps are told at 0.7 s; the time is over behind that
        while (performance.now() - start < 700);
      },
    },
  ).run();
  assert.deepEqual([left.at(-1), snapshots.at(-1)!.step], [0, steps]);
  gpu.close();
});

Deno.test("pretraining outlives a lost device; a stop, a loss that is no number, and errors", async () => {
  await withStudio(async (studio, news) => {
    const stop = new AbortController();
    let lost = false;
    const { result, told } = await pretrained(studio, {
      signal: stop.signal,
      onProgress({ steps }) {
        if (lost && steps.length > 0) stop.abort();
        if (!lost && steps.length > 0) void studio.loseDevice();
        lost ||= steps.length > 0;
      },
    });
    assert.equal(result.ended, "stopped");
    assert.deepEqual(news.flatMap(({ kind }) => kind === "progress" ? [] : [kind]), [
      "lost",
      "recovered",
    ]);
    assert.equal(told.at(-1)!.steps.at(-1)!.step, result.steps);

    const again = pretrained(studio, { changes: { ...SMALL, rate: 1e30 } });
    await assert.rejects(pretrained(studio, {}), /there is a pretraining; stop it first/);
    const { result: diverged } = await again;
    assert.equal(diverged.ended, "diverged");
    assert.match(diverged.words, /the loss of step \d+ is no number/);
    assert.equal(diverged.snapshots[0].step, 0);
    await assert.rejects(studio.snapshotFile(result.snapshots[0].id), RangeError); // of the first one
    assert.ok((await studio.snapshotFile(diverged.snapshots[0].id)).size > 1000);

    await assert.rejects(pretrained(studio, { ms: 0 }), RangeError);
    await assert.rejects(pretrained(studio, { changes: { ...SMALL, crop: 30 } }), RangeError);
    const early = pretrained(studio, { signal: AbortSignal.abort() });
    await assert.rejects(early, { name: "AbortError" });
  });
});

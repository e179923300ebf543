import assert from "node:assert/strict";
import { encodeRle, rleToString } from "@fiedler/coco";
import { Gpu, GpuLostError } from "@fiedler/gpu";
import {
  blobSource,
  bytesSource,
  decodeImage,
  FormatError,
  ImageError,
  openTensorFile,
  prepareImage,
  sha256Hex,
} from "@fiedler/io";
import { CheckpointError, recognise } from "@fiedler/models";
import {
  makeProposer,
  type PictureRecord,
  PRACTICAL,
  type ProposalOptions,
} from "@fiedler/pipeline";
import { readSegmenterFile } from "@fiedler/segmenter";
import { openStudio } from "../../packages/demo/open_studio.ts";
import type {
  GridPicture,
  Shown,
  Studio,
  StudioNews,
  StudioOptions,
  TrainingStep,
} from "../../packages/demo/studio.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const WORKER = new URL("../../packages/demo/worker.ts", import.meta.url);
const bytes = await Deno.readFile(new URL("photos/coffee.png", FIXTURES));
const photo = new Blob([bytes]);

/** 8 × 12 patches: what takes a fraction of a second. */
const small: StudioOptions = {
  ...{ model: "mae-tiny", saliencyModel: "mae-tiny", shortSide: 64, proposals: PRACTICAL },
};

async function withStudio(
  body: (studio: Studio, news: readonly StudioNews[]) => Promise<void>,
  segmenter?: URL,
): Promise<void> {
  const news: StudioNews[] = [];
  await using studio = await openStudio({
    worker: WORKER,
    weights: new URL("weights/", FIXTURES),
    segmenter,
    onNews: (one) => void news.push(one),
  });
  await body(studio, news);
}

/** What the command line finds in the photo. */
async function expected(saliency: string): Promise<PictureRecord> {
  const gpu = await Gpu.open();
  try {
    const load = async (name: string) => {
      const file = await Deno.readFile(new URL(`weights/${name}.safetensors`, FIXTURES));
      const found = recognise(await openTensorFile(bytesSource(file)));
      return {
        name,
        sha256: await sha256Hex(file),
        backbone: await found.load(gpu),
        centred: true,
      };
    };
    const model = await load("mae-tiny");
    const saliencyModel = saliency === "mae-tiny" ? model : await load(saliency);
    const image = await decodeImage(bytes);
    const { image: pixels, plan: { resized } } = prepareImage(image, "short:64", 8);
    const [{ record }] = await makeProposer(gpu, { model, saliencyModel, options: PRACTICAL })
      .propose([{
        ...{ image: "coffee.png", id: 1, sha256: await sha256Hex(bytes), pixels },
        size: [image.height, image.width],
        resized: [resized.height, resized.width],
      }]);
    return record;
  } finally {
    gpu.close();
  }
}

/** What the studio shows of the photo under other options. */
const other = (proposals: Partial<ProposalOptions>): StudioOptions => ({
  ...small,
  proposals: { ...PRACTICAL, ...proposals },
});

/** Everything but how long it took. */
const untimed = ({ times: _, ...shown }: Shown) => shown;

Deno.test("the studio shows what the command line finds", async () => {
  await withStudio(async (studio) => {
    assert.deepEqual(studio.models().map(({ id, patch }) => [id, patch]), [
      ["mae-tiny", 8],
      ["dino-tiny", 8],
    ]);
    const facts = await studio.open(photo, "coffee.png");
    assert.deepEqual(facts, { name: "coffee.png", width: 600, height: 400 });
    const shown = await studio.show(small);
    assert.deepEqual(shown.record, await expected("mae-tiny"));
    const [rows, columns] = shown.record.grid;
    const sizes = (panels: readonly GridPicture[]) =>
      panels.map((panel) => [panel.rows, panel.columns, panel.data.length]);
    const grid = [rows, columns, rows * columns];
    assert.deepEqual(sizes([shown.features]), [[rows, columns, 3 * rows * columns]]);
    assert.deepEqual(sizes(shown.eigenvectors), new Array(5).fill(grid));
    assert.deepEqual(sizes(shown.saliencyEigenvectors), new Array(2).fill(grid));
    assert.deepEqual(shown.clusters.map(({ k }) => k), [2, 3, 4, 5]);
    for (const { k, labels } of shown.clusters) {
      assert.deepEqual([...new Set(labels.data)].sort(), Array.from({ length: k }, (_, i) => i));
    }
    const { counts } = shown.record.saliency!.grid;
    const saliency = encodeRle(shown.saliency!.data, rows, columns);
    assert.equal(rleToString(saliency), counts);
    const dino = { ...small, saliencyModel: "dino-tiny" };
    assert.deepEqual((await studio.show(dino)).record, await expected("dino-tiny"));
    const parts = (shown: Shown) => shown.times.map(({ part }) => part);
    const moved = await studio.show(other({ saliencyThreshold: 0.2 }));
    assert.deepEqual(parts(moved), ["selection", "outlines", "panels"]);
    const again = await studio.show(other({ saliencyThreshold: 0.3 }));
    assert.deepEqual(parts(again), ["selection", "outlines", "panels"]);
    const without = await studio.show({ ...small, saliencyModel: null });
    assert.deepEqual([without.saliency, without.saliencyEigenvectors], [null, []]);
  });
});

Deno.test("the newest of the waiting options is shown, others are overtaken", async () => {
  await withStudio(async (studio) => {
    await studio.open(photo, "coffee.png");
    const asked = [0.1, 0.2, 0.3, 0.4].map((saliencyThreshold) =>
      studio.show(other({ saliencyThreshold }))
    );
    const outcomes = await Promise.allSettled(asked);
    const last = outcomes.at(-1)!;
    assert.ok(last.status === "fulfilled");
    const overtaken = outcomes.slice(1, -1);
    assert.deepEqual(
      overtaken.map((one) => one.status === "rejected" && one.reason.name),
      ["AbortError", "AbortError"],
    );
    const again = await studio.show(other({ saliencyThreshold: 0.4 }));
    assert.deepEqual(again.record, last.value.record);
  });
});

Deno.test("errors keep their class and say what to do", async () => {
  const place = { worker: WORKER, weights: new URL("photos/", FIXTURES) };
  await assert.rejects(openStudio(place), TypeError);
  await withStudio(async (studio) => {
    await assert.rejects(studio.show(small), /no picture is open/);
    await assert.rejects(studio.open(new Blob(["no picture"]), "a.png"), ImageError);
    await studio.open(photo, "coffee.png");
    await assert.rejects(studio.predict(), /train one first/);
    await assert.rejects(studio.addModel(photo, "coffee.png"), FormatError);
    const segmenter = new Blob([
      await Deno.readFile(new URL("segmenters/scenes-tiny.safetensors", FIXTURES)),
    ]);
    await assert.rejects(studio.addModel(segmenter, "s.safetensors"), CheckpointError);
    await assert.rejects(studio.show({ ...small, model: "none" }), /mae-tiny, dino-tiny/);
    await assert.rejects(studio.show({ ...small, shortSide: 0 }), RangeError);
    await assert.rejects(studio.show({ ...small, shortSide: 900 }), /choose a smaller size/);
    await assert.rejects(studio.show(other({ layer: 9 })), RangeError);
    const training = { steps: 1, seed: 0, onStep: () => {} };
    const none = other({ minPatches: 1000 });
    const lesson = { name: "coffee.png", file: photo };
    await assert.rejects(studio.train([lesson], none, training), /has a mask that is kept/);
    await assert.rejects(studio.train([lesson], small, { ...training, steps: 0 }), RangeError);
    const text = { name: "a.png", file: new Blob(["no picture"]) };
    await assert.rejects(studio.train([text], small, training), /^ImageError: a\.png: /);
    assert.ok((await studio.show(small)).record.counts.kept > 0); // none of it did harm
  });
});

Deno.test("dropped weights are read in place, and must fit the saliency model", async () => {
  await withStudio(async (studio) => {
    const file = await Deno.readFile(new URL("checkpoints/dino_flat.pth", FIXTURES));
    const added = await studio.addModel(new Blob([file]), "own.pth");
    assert.deepEqual([added.id, added.title, added.patch], ["own.pth", "own.pth", 16]);
    assert.deepEqual(studio.models().map(({ id }) => id), ["mae-tiny", "dino-tiny", "own.pth"]);
    const copy = await studio.addModel(new Blob([file]), "own.pth");
    assert.equal(copy.id, "own.pth (2)");
    await studio.open(photo, "coffee.png");
    const mixed = { ...small, model: added.id };
    await assert.rejects(studio.show(mixed), /patches of 16 px, mae-tiny of 8/);
    const { record } = await studio.show({ ...mixed, saliencyModel: copy.id });
    const facts = { name: "own", sha256: await sha256Hex(file), centred: false };
    assert.deepEqual([record.model, record.saliencyModel], [facts, facts]);
    assert.deepEqual(record.grid, [4, 6]);
  });
});

Deno.test("a lost device is opened again, and not for ever", async () => {
  await withStudio(async (studio, news) => {
    const told = () => news.flatMap(({ kind }) => kind === "progress" ? [] : [kind]);
    await studio.open(photo, "coffee.png");
    const before = await studio.show(small);
    const under = studio.show(other({ facet: "query" })); // the device is lost under it
    await studio.loseDevice();
    await under;
    assert.deepEqual(told(), ["lost", "recovered"]);
    assert.deepEqual(untimed(await studio.show(small)), untimed(before));
    await studio.loseDevice(); // and with nothing under way
    while (told().length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(told().slice(2), ["lost", "recovered"]);
    await studio.loseDevice();
    await assert.rejects(studio.show(small), GpuLostError);
  });
});

Deno.test("training is told step by step, can be stopped, and its file predicts", async () => {
  const segmenter = new URL("segmenters/scenes-tiny.safetensors", FIXTURES);
  await withStudio(async (studio) => {
    const square = await Deno.readFile(new URL("photos/astronaut.png", FIXTURES));
    const lesson = { name: "astronaut.png", file: new Blob([square]) };
    const steps: TrainingStep[] = [];
    const phases: string[] = [];
    const told = {
      onStep: (step: TrainingStep) => void steps.push(step),
      onPhase: (words: string) => void phases.push(words),
    };
    const result = await studio.train([lesson], small, { steps: 3, seed: 1, ...told });
    assert.deepEqual(steps.map(({ step, steps }) => [step, steps]), [[1, 3], [2, 3], [3, 3]]);
    for (const { loss, terms } of steps) {
      assert.deepEqual(Object.keys(terms), ["category", "dice"]);
      const sum = Object.values(terms).reduce((a, b) => a! + b!, 0)!;
      assert.ok(loss > 0 && Math.abs(sum - loss) < 1e-9 * loss); // f64 sums of the same two numbers
    }
    assert.equal(phases.length, 2);
    await studio.open(lesson.file, lesson.name);
    const { counts: { kept } } = (await studio.show(small)).record;
    assert.deepEqual([result.steps, result.pictures, result.masks], [3, 1, kept]);
    const own = readSegmenterFile(await openTensorFile(blobSource(result.weights)));
    const start = readSegmenterFile(
      await openTensorFile(bytesSource(await Deno.readFile(segmenter))),
    );
    assert.deepEqual([own.config, own.backbone], [start.config, start.backbone]);
    assert.deepEqual(own.shapes, start.shapes);
    const { objects } = await studio.predict();
    assert.ok(objects.length > 0);
    assert.deepEqual(objects[0].segmentation.size, [512, 512]);
    const controller = new AbortController();
    const stopped = await studio.train([lesson], small, {
      ...{ steps: 50, seed: 1, signal: controller.signal },
      onStep: () => controller.abort(),
    });
    assert.ok(stopped.steps < 5);
    const early = studio.train([lesson], small, {
      ...{ steps: 3, seed: 1, signal: AbortSignal.abort(), ...told },
    });
    await assert.rejects(early, { name: "AbortError" });
  }, segmenter);
});

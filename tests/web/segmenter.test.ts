import assert from "node:assert/strict";
import { GpuLostError } from "@fiedler/gpu";
import { decodeImage, ImageError } from "@fiedler/io";
import { createSegmenter, instanceMask, type Segmentation, type Step } from "@fiedler/web";

const ROOT = new URL("../../fixtures/", import.meta.url);
const weights = await Deno.readFile(new URL("weights/mae-tiny.safetensors", ROOT));
const file = await Deno.readFile(new URL("photos/coffee.png", ROOT));
const photo = new Blob([file]);
/** 8 × 12 patches: what takes a fraction of a second. */
const small = { resize: "short:64" };

/** What was found, without what hangs on the run. */
const found = ({ instances }: Segmentation) => instances.map(({ segmentation }) => segmentation);

/** Runs `body` with a list of the devices that are opened meanwhile. */
async function withDevices(body: (devices: readonly GPUDevice[]) => Promise<void>): Promise<void> {
  const devices: GPUDevice[] = [];
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    devices.push(device);
    return device;
  };
  try {
    await body(devices);
  } finally {
    GPUAdapter.prototype.requestDevice = requestDevice;
  }
}

Deno.test("a segmenter finds the same in a file, in pixels, and again", async () => {
  await using segmenter = await createSegmenter({ weights });
  const first = await segmenter.segment(photo, small);
  assert.deepEqual([first.width, first.height], [600, 400]);
  assert.ok(first.instances.length > 2);
  assert.equal(first.record.model.centred, true); // as on the command line
  const { width, height, data: rgb } = await decodeImage(file);
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let p = 0; p < width * height; p++) data.set(rgb.subarray(3 * p, 3 * p + 3), 4 * p);
  const [second, third] = await Promise.all([
    segmenter.segment({ width, height, data }, small),
    segmenter.segment(photo, small),
  ]);
  assert.deepEqual(found(second), found(first));
  assert.deepEqual(found(third), found(first));
  const scores = first.instances.map(({ score }) => score);
  assert.equal(scores[0], 1);
  assert.deepEqual(scores, scores.toSorted((a, b) => b - a));
  for (const instance of first.instances) {
    const mask = instanceMask(instance);
    const [x, y, w, h] = instance.box;
    const columns = mask.reduce((set, value, at) => value ? set.add(at % width) : set, new Set());
    assert.equal(mask.reduce((sum, value) => sum + value, 0), instance.area);
    assert.deepEqual([columns.size, Math.min(...columns as Set<number>)], [w, x]);
    assert.ok(y + h <= height);
    assert.equal(instance.provenance.dropped, null);
  }
  const cut = await segmenter.segment(photo, { ...small, clusterCounts: [2] });
  assert.ok(cut.instances.every(({ provenance }) => provenance.k === 2));
});

Deno.test("a page's device is left alive, and its loss is an error", async () => {
  const device = await (await navigator.gpu.requestAdapter())!.requestDevice();
  const segmenter = await createSegmenter({ weights, device });
  await segmenter.segment(photo, small);
  await segmenter.dispose();
  device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE }).destroy();
  await assert.rejects(segmenter.segment(photo, small), /disposed/);
  const second = await createSegmenter({ weights, device });
  device.destroy();
  await assert.rejects(second.segment(photo, small), GpuLostError);
  await second.dispose();
});

Deno.test("a lost device of its own is opened again, and said", async () => {
  await withDevices(async (devices) => {
    await using segmenter = await createSegmenter({ weights });
    const before = await segmenter.segment(photo, small);
    devices.at(-1)!.destroy();
    const steps: string[] = [];
    const onProgress = ({ stage }: Step) => void steps.push(stage);
    const after = await segmenter.segment(photo, { ...small, onProgress });
    assert.deepEqual(found(after), found(before));
    assert.deepEqual(steps, ["picture", "masks", "lost", "masks"]);
  });
});

Deno.test("a signal ends the wait, before and while something is done", async () => {
  const early = AbortSignal.abort(new Error("too late"));
  await assert.rejects(createSegmenter({ weights, signal: early }), /too late/);
  await using segmenter = await createSegmenter({ weights });
  await assert.rejects(segmenter.segment(photo, { ...small, signal: early }), /too late/);
  const controller = new AbortController();
  const steps: string[] = [];
  const work = segmenter.segment(photo, {
    ...small,
    signal: controller.signal,
    onProgress: ({ stage }) => {
      steps.push(stage);
      if (stage === "masks") controller.abort();
    },
  });
  await assert.rejects(work, { name: "AbortError" });
  assert.deepEqual(steps, ["picture", "masks"]);
  assert.ok((await segmenter.segment(photo, small)).instances.length > 0);
});

Deno.test("what is no weights and no picture is told by name", async () => {
  await assert.rejects(createSegmenter({ weights: file }), { name: "FormatError" });
  await using segmenter = await createSegmenter({ weights });
  const text = new Blob(["not a picture"]);
  await assert.rejects(segmenter.segment(text, small), { name: "ImageError" });
  await assert.rejects(segmenter.segment({ width: 0, height: 0 }, small), /0 × 0 pixels/);
  await assert.rejects(segmenter.segment(photo, { resize: "short:0" }), RangeError);
  await assert.rejects(segmenter.segment(photo, { ...small, layer: 9 }), RangeError);
});

Deno.test("a worker finds the same, passes errors on, and hears of aborts", async () => {
  const device = {} as GPUDevice;
  await assert.rejects(createSegmenter({ weights, worker: true, device }), /to a worker/);
  await assert.rejects(createSegmenter({ weights: file, worker: true }), { name: "FormatError" });
  await using here = await createSegmenter({ weights });
  await using there = await createSegmenter({ weights, worker: true });
  const steps: string[] = [];
  const onProgress = ({ stage }: Step) => void steps.push(stage);
  const expected = await here.segment(photo, small);
  assert.deepEqual(await there.segment(photo, { ...small, onProgress }), expected);
  assert.deepEqual(steps, ["picture", "masks"]);
  const decoded = await decodeImage(file);
  assert.deepEqual(await there.segment(decoded, small), expected);
  const text = new Blob(["not a picture"]);
  await assert.rejects(there.segment(text, small), ImageError);
  const controller = new AbortController();
  const work = there.segment(photo, { ...small, signal: controller.signal });
  controller.abort();
  await assert.rejects(work, { name: "AbortError" });
  assert.equal((await there.segment(photo, small)).instances.length, expected.instances.length);
  await there.dispose();
  await assert.rejects(there.segment(photo, small), /disposed/);
});

import assert from "node:assert/strict";
import {
  DINO_TINY,
  MAE_TINY,
  patchMasks,
  pictureOrder,
  pretrainBatch,
  pretrainRate,
  randomCrop,
  SCENE_SETS,
  scenePicture,
  teacherKeep,
  teacherTemperature,
} from "@fiedler/pretrain";
import { makeScene } from "@fiedler/scenes";
import { floatToHalf } from "../../packages/pretrain/encoder_file.ts";
import { halfToFloat } from "../../packages/io/half.ts";
import { SMALL_DINO, smoothPictures } from "./small.ts";

const random = (stream: number) => ({
  crop: { seed: 1, stream },
  colour: { seed: 2, stream },
});

Deno.test("randomCrop() shows windows of the areas that were asked for, half of them mirrored", () => {
  // Red says the column, green the row.
  const [width, height] = [100, 80];
  const data = Uint8Array.from(
    { length: 3 * width * height },
    (_, at) => [Math.floor(at / 3) % width, Math.floor(at / 3 / width), 0][at % 3],
  );
  const areas: number[] = [];
  let mirrored = 0;
  for (let stream = 0; stream < 200; stream++) {
    const crop = { size: 10, area: [0.3, 0.6], colours: null } as const;
    const view = randomCrop({ width, height, data }, crop, random(stream));
    const at = (row: number, column: number, channel: number) =>
      view[3 * (10 * row + column) + channel];
    const [across, down] = [at(5, 9, 0) - at(5, 0, 0), at(9, 5, 1) - at(0, 5, 1)];
    if (across < 0) mirrored++;
    areas.push(Math.abs(across) / 0.9 * down / 0.9 / (width * height)); // of 9 of 10 steps
  }
  // Ends of a row err by a level each, of 40 at least: 10 % of an area.
  assert.ok(Math.min(...areas) > 0.3 * 0.85 && Math.max(...areas) < 0.6 * 1.15, `${areas}`);
  assert.ok(Math.min(...areas) < 0.35 && Math.max(...areas) > 0.55);
  assert.ok(mirrored > 70 && mirrored < 130); // 100 ± 4 deviations of 7
});

Deno.test("randomCrop() takes the largest square where no window fits, and refuses areas of none", () => {
  const tall = { width: 4, height: 400, data: new Uint8Array(4800).fill(9) };
  const view = randomCrop(tall, { size: 8, area: [1, 1], colours: null }, random(0));
  assert.deepEqual(view, new Uint8Array(192).fill(9));
  for (const area of [[0, 1], [0.5, 0.4], [0.5, 1.5]] as const) {
    assert.throws(() => randomCrop(tall, { size: 8, area, colours: null }, random(0)), {
      name: "RangeError",
      message: `randomCrop: areas must be two numbers in (0, 1], the lesser one first, got ${
        area.join(", ")
      }`,
    });
  }
});

Deno.test("pretrainBatch() makes the same crops whatever was made before, others for other steps", () => {
  const pictures = smoothPictures(3);
  const batch = pretrainBatch(SMALL_DINO, pictures, 5);
  assert.deepEqual([batch.crops.length, batch.localCrops.length], [6, 6]);
  assert.deepEqual(batch.crops.map(({ length }) => length), Array(6).fill(768));
  assert.deepEqual(batch.localCrops.map(({ length }) => length), Array(6).fill(192));
  assert.deepEqual(pretrainBatch(SMALL_DINO, pictures, 5), batch);
  assert.notDeepEqual(pretrainBatch(SMALL_DINO, pictures, 6), batch);
  assert.notDeepEqual(batch.crops[0], batch.crops[3]); // two crops of one picture
  assert.throws(() => pretrainBatch(SMALL_DINO, pictures.slice(1), 1), {
    name: "RangeError",
    message: "pretrainBatch: needs 3 pictures, got 2",
  });
});

Deno.test("pictureOrder() sees every picture once an epoch", () => {
  const order = pictureOrder(SMALL_DINO, 6);
  const [first, second] = [[1, 2], [3, 4]].map((steps) => steps.flatMap((step) => order(step)));
  assert.deepEqual(first.toSorted(), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(second.toSorted(), [0, 1, 2, 3, 4, 5]);
  assert.notDeepEqual(first, second);
});

Deno.test("patchMasks() hides the share, every patch as often, and others each time", () => {
  const options = { images: 64, patches: 16, ratio: 0.75, seed: 1, step: 1 };
  const counts = new Array(16).fill(0);
  for (let step = 1; step <= 20; step++) {
    for (const { visible, hidden } of patchMasks({ ...options, step })) {
      assert.deepEqual([...visible, ...hidden].sort((a, b) => a - b), Array(16).keys().toArray());
      assert.equal(visible.length, 4);
      visible.forEach((patch) => counts[patch]++);
    }
  }
  // 1280 draws of 1 in 4: 320 ± 5 deviations of 15.5.
  assert.ok(counts.every((count) => Math.abs(count - 320) < 78), `${counts}`);
  assert.deepEqual(patchMasks(options), patchMasks(options));
  for (const ratio of [0.99, 0, 1]) {
    assert.throws(() => patchMasks({ ...options, ratio }), {
      name: "RangeError",
      message: `patchMasks: a ratio must leave some of 16 patches and hide some, got ${ratio}`,
    });
  }
});

Deno.test("schedules follow the recipe", () => {
  // warm-up · (0.99 · half a cosine + 0.01): in the first step and in the middle.
  assert.equal(pretrainRate(MAE_TINY, 1), 5e-4 / 100);
  const middle = { ...DINO_TINY, steps: 1000 };
  assert.ok(Math.abs(pretrainRate(middle, 501) - 1e-3 * (0.495 + 0.01)) < 1e-15);
  assert.equal(teacherTemperature(DINO_TINY.model, middle, 1), 0.04);
  assert.ok(Math.abs(teacherTemperature(DINO_TINY.model, middle, 101) - 0.035) < 1e-15);
  assert.equal(teacherTemperature(DINO_TINY.model, middle, 201), 0.03);
  assert.equal(teacherTemperature(DINO_TINY.model, middle, 1000), 0.03);
  assert.ok(Math.abs(teacherKeep(DINO_TINY.model, middle, 1) - 0.985) < 1e-15);
  assert.ok(Math.abs(teacherKeep(DINO_TINY.model, middle, 501) - 0.9925) < 1e-15);
});

Deno.test("scenePicture() draws from both modes of a set, and the same always", () => {
  const options = { seed: 3, size: 32 };
  const kinds = [0, 1, 2, 3, 4, 5].map((index) => {
    const { data } = scenePicture("mae", { ...options, index });
    return SCENE_SETS.mae.modes.find((mode) =>
      makeScene({ ...options, index, mode }).data.every((level, i) => level === data[i])
    );
  });
  assert.deepEqual(new Set(kinds), new Set(["scene", "object"]));
  assert.throws(() => scenePicture("dino", { seed: 0, index: 14_000 }), {
    name: "RangeError",
    message: "scenePicture: index must be a whole number from 0 to 13999, got 14000",
  });
});

Deno.test("floatToHalf() is the nearest half, halves of a step to even", () => {
  const halves = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits)
    .filter((bits) => (bits & 0x7fff) <= 0x7c00); // no NaN
  const floats = halfToFloat(halves);
  assert.deepEqual(floatToHalf(floats), halves);
  // Between each half and the next one: the middle to the even one, and a hair beside it.
  const positive = halves.filter((bits) => bits < 0x7bff);
  const [low, high] = [positive, positive.map((bits) => bits + 1)].map(halfToFloat);
  const middle = low.map((value, i) => value + (high[i] - value) / 2);
  const words = new Uint32Array(middle.buffer);
  const beside = (step: number) => new Float32Array(words.map((word) => word + step).buffer);
  assert.deepEqual(floatToHalf(middle), positive.map((bits) => bits + (bits & 1)));
  assert.deepEqual(floatToHalf(beside(-1)), positive);
  assert.deepEqual(floatToHalf(beside(1)), positive.map((bits) => bits + 1));
  const ends = Float32Array.of(65519.99, 65520, -1e9, NaN, -(2 ** -26), 1e-40);
  assert.deepEqual([...floatToHalf(ends)], [0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x8000, 0]);
});

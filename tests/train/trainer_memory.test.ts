import assert from "node:assert/strict";
import { Gpu } from "@fiedler/gpu";
import { startParameters } from "@fiedler/models";
import { makeNetwork, type MapSource } from "@fiedler/segmenter";
import {
  assignTargets,
  type StepView,
  targetLevels,
  TINY_TRAINING,
  Trainer,
  trainingBytes,
} from "@fiedler/train";
import { FIVE_LEVELS } from "../support/five_levels.ts";

const PADDED = [128, 160] as const;

/** One map of a transformer of patches of 8. */
const source: MapSource = {
  strides: [8],
  channels: [64],
  maps: (gpu, { shape: [images] }, [rows, columns]) =>
    Promise.resolve([gpu.zeros([images, rows / 8, columns / 8, 64])]),
  flops: () => 0,
  free: () => {},
};

/** Small squares, each of which trains 3 × 3 cells of one level or less. */
function viewOf(picture: number, objects: number): StepView {
  const [height, width] = PADDED;
  const instances = Array.from({ length: objects }, (_, i) => {
    const mask = new Uint8Array(height * width);
    const [top, left] = [20 + 30 * Math.floor(i / 4), 20 + 30 * (i % 4)];
    for (let y = 0; y < 20; y++) {
      mask.fill(1, (top + y) * width + left, (top + y) * width + left + 20);
    }
    return { mask, label: 0 };
  });
  const options = { maskSize: [32, 40] as const, levels: targetLevels(FIVE_LEVELS) };
  const targets = assignTargets({ width, height, instances }, options);
  const rgb = new Uint8Array(3 * height * width);
  const sizes = { size: PADDED, padded: PADDED, valid: PADDED };
  return { picture, ...sizes, rgb, targets, window: null, repeats: null };
}

Deno.test("trainingBytes() is what training takes at most", async () => {
  for (const together of [2, 4]) {
    const { views } = TINY_TRAINING;
    const settings = { ...TINY_TRAINING, batch: 4, together, views: { ...views, zoom: null } };
    const gpu = await Gpu.open();
    try {
      const options = { config: FIVE_LEVELS, source, settings, padded: PADDED, objects: 8 };
      const planned = await trainingBytes(gpu, options);
      const network = makeNetwork(FIVE_LEVELS, source, startParameters(gpu, 0));
      const trainer = new Trainer(gpu, { network, source, settings });
      const step = Array.from({ length: 4 }, (_, i) => viewOf(i, 8));
      for (const number of [1, 2]) await trainer.step(step, number);
      const { peakBytes } = gpu.memory;
      // Objects that train fewer cells than they might take less; most is not theirs.
      assert.ok(peakBytes <= planned, `${peakBytes} of ${planned} planned`);
      assert.ok(peakBytes > 0.8 * planned, `${peakBytes} of ${planned} planned`);
    } finally {
      gpu.close();
    }
  }
});

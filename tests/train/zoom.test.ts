import fc from "fast-check";
import assert from "node:assert/strict";
import { stepViews, type TrainingView } from "@fiedler/train";
import { drawWindow, zoomedMasks } from "../../packages/train/zoom.ts";

const SETTINGS = { probability: 1, least: 0.6, leastArea: 0 };

/** A view of one object, a rectangle. */
function viewOf(width: number, height: number, box: readonly number[]): TrainingView {
  const mask = new Uint8Array(width * height);
  const [x, y, w, h] = box;
  for (let row = y; row < y + h; row++) mask.fill(1, row * width + x, row * width + x + w);
  return { width, height, data: new Uint8Array(3 * mask.length), instances: [{ mask, label: 0 }] };
}

const area = (mask: Uint8Array) => mask.reduce((sum, value) => sum + value, 0);

Deno.test("windows lie inside the view, where it is large enough, and are never less than asked", () => {
  const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(fc.property(
    fc.tuple(unit, unit, unit, unit),
    fc.integer({ min: 1, max: 96 }),
    fc.integer({ min: 1, max: 96 }),
    (draws, width, height) => {
      const padded = [32 * Math.ceil(height / 32), 32 * Math.ceil(width / 32)] as const;
      const [top, left, tall, wide] = drawWindow({ width, height }, padded, SETTINGS, draws)!;
      assert.ok(tall >= 0.6 && tall <= 1 && tall === wide);
      assert.ok(top >= 0 && left >= 0);
      assert.ok(top === 0 || (top + tall) * padded[0] <= height + 1e-9);
      assert.ok(left === 0 || (left + wide) * padded[1] <= width + 1e-9);
    },
  ));
  assert.equal(
    drawWindow(viewOf(8, 8, [0, 0, 1, 1]), [8, 8], { ...SETTINGS, probability: 0.5 }, [
      0.5,
      0,
      0,
      0,
    ]),
    null,
  );
});

Deno.test("a window of half the sides doubles what it shows", () => {
  const view = viewOf(8, 8, [2, 2, 3, 2]);
  const { width, height, instances } = zoomedMasks(view, [8, 8], [0.25, 0.25, 0.5, 0.5], 0);
  assert.deepEqual([width, height], [8, 8]);
  assert.deepEqual(instances[0].mask, viewOf(8, 8, [0, 0, 6, 4]).instances[0].mask);
});

Deno.test("padding stays padding, and what is left of an object must be large enough", () => {
  const view = viewOf(6, 8, [0, 0, 6, 8]); // on a canvas of 8 × 8
  const zoomed = zoomedMasks(view, [8, 8], [0, 0.25, 0.5, 0.75], 0);
  // Columns 2 + 0.75 (i + ½) < 6: i ≤ 4.
  assert.deepEqual([zoomed.width, zoomed.height], [5, 8]);
  assert.equal(area(zoomed.instances[0].mask), 40);
  const corner = viewOf(8, 8, [0, 0, 2, 2]);
  assert.equal(zoomedMasks(corner, [8, 8], [0, 0, 1, 1], 3 / 64).instances.length, 1);
  assert.equal(zoomedMasks(corner, [8, 8], [0, 0, 1, 1], 4 / 64).instances.length, 0);
});

Deno.test("zoomed views show the whole picture, and targets of its window alone", () => {
  const picture = viewOf(64, 64, [0, 0, 20, 20]);
  const options = {
    ...{ step: 3, seed: 9, levels: [{ grid: 4, scaleRange: [1, 64] as const }], multiple: 32 },
    views: {
      ...{ shortSides: [64], longest: 64, flip: 0, strong: false, copyPaste: false },
      ...{ bottomRows: 0, zoom: SETTINGS },
    },
  };
  const [view] = stepViews([picture], [0], options);
  const [whole] = stepViews([picture], [0], {
    ...options,
    views: { ...options.views, zoom: null },
  });
  assert.equal(whole.window, null);
  assert.deepEqual(view.rgb, whole.rgb);
  assert.equal(view.repeats, whole.repeats);
  const [top, left, tall, wide] = view.window!;
  const seen = zoomedMasks(picture, [64, 64], [top, left, tall, wide], 0);
  assert.equal(view.targets.masks.length > 0, seen.instances.length > 0);
  assert.notDeepEqual(view.targets, whole.targets);
});

Deno.test("settings that are no shares are refused", () => {
  for (const wrong of [{ least: 0 }, { least: 1.1 }, { leastArea: 1 }, { leastArea: -1 }]) {
    assert.throws(
      () => drawWindow(viewOf(8, 8, [0, 0, 1, 1]), [8, 8], { ...SETTINGS, ...wrong }, [0, 0, 0, 0]),
      /^RangeError: zoom: least must be above 0/,
    );
  }
});

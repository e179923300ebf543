import { FULL_SEGMENTER, TINY_SEGMENTER } from "@fiedler/segmenter";
import {
  assignTargets,
  PAPER_TRAINING,
  SOLO_LEVELS,
  type StepViewOptions,
  stepViews,
  targetLevels,
  type TrainingView,
  type ViewSettings,
} from "@fiedler/train";
import fc from "fast-check";
import assert from "node:assert/strict";
import { generator } from "../support/random.ts";

const VIEWS: ViewSettings = { ...PAPER_TRAINING.views, shortSides: [20, 24, 31], longest: 50 };
/** Weak views are the pictures as they are. */
const AS_THEY_ARE: ViewSettings = { ...VIEWS, shortSides: [24], flip: 0, strong: false };

const options = (views: ViewSettings, step = 0, seed = 0): StepViewOptions => ({
  step,
  seed,
  views,
  levels: [{ grid: 6, scaleRange: [1, 64] }, { grid: 3, scaleRange: [16, 99] }],
  multiple: 16,
});

/** Random pixels and some rectangles, which do not meet. */
function picture(seed: number, width = 36, height = 24, objects = 2): TrainingView {
  const next = generator(seed);
  const data = Uint8Array.from({ length: 3 * width * height }, () => Math.floor(256 * next()));
  const instances = Array.from({ length: objects }, (_, i) => {
    const mask = new Uint8Array(width * height);
    const left = Math.floor(i * width / objects) + 1;
    for (let y = 4; y < 12; y++) mask.fill(1, y * width + left, y * width + left + 6);
    return { mask, label: 0 };
  });
  return { width, height, data, instances };
}

const batch = [picture(1), picture(2), picture(3)];
const ids = [7, 0, 5];

Deno.test("stepViews(): strong views come first, then the weak ones; each names its picture", () => {
  const views = stepViews(batch, ids, options(VIEWS));
  assert.deepEqual(views.map(({ picture }) => picture), [7, 0, 5, 7, 0, 5]);
  assert.deepEqual(views.map(({ repeats }) => repeats === null), [
    ...[true, true, true],
    ...[false, false, false],
  ]);
  for (let i = 0; i < 3; i++) assert.deepEqual(views[i].size, views[i + 3].size);
  const weak = stepViews(batch, ids, options({ ...VIEWS, strong: false }));
  assert.deepEqual(weak, views.slice(3)); // whether there are strong views moves nothing
});

Deno.test("stepViews(): pixels stand at the top left, the rest has the colour of the fill", () => {
  for (const fill of [undefined, [1, 2, 3] as const]) {
    const [view] = stepViews([batch[0]], [0], { ...options(AS_THEY_ARE), fill });
    assert.deepEqual(view.size, [24, 36]);
    assert.deepEqual(view.padded, [32, 48]);
    assert.equal(view.rgb.length, 3 * 32 * 48);
    view.rgb.forEach((level, i) => {
      const [y, x, c] = [Math.floor(i / 144), Math.floor(i / 3) % 48, i % 3];
      const inside = y < 24 && x < 36;
      const wanted = inside ? batch[0].data[3 * (y * 36 + x) + c] : (fill ?? [124, 116, 104])[c];
      assert.equal(level, wanted);
    });
  }
});

Deno.test("stepViews(): a view whose sides fit is not padded", () => {
  const [view] = stepViews([picture(4, 32, 16)], [0], {
    ...options({ ...AS_THEY_ARE, shortSides: [16] }),
  });
  assert.deepEqual([view.size, view.padded], [[16, 32], [16, 32]]);
  assert.deepEqual(view.rgb, picture(4, 32, 16).data);
});

Deno.test("stepViews(): the strip at the bottom shrinks and grows with the picture", () => {
  const valid = (shortSide: number, bottomRows: number) =>
    stepViews([batch[0]], [0], {
      ...options({ ...AS_THEY_ARE, shortSides: [shortSide], bottomRows }),
    })[0].valid;
  assert.deepEqual(valid(24, 10), [14, 36]);
  assert.deepEqual(valid(24, 0), [24, 36]);
  assert.deepEqual(valid(31, 10), [31 - 12, 47]); // 12.9
  assert.deepEqual(valid(12, 10), [12 - 5, 18]);
  assert.deepEqual(valid(24, 100), [0, 36]);
});

Deno.test("stepViews(): targets are those of the view at its padded size", () => {
  const [view] = stepViews([batch[1]], [3], options(AS_THEY_ARE));
  const { levels } = options(AS_THEY_ARE);
  assert.deepEqual(view.targets, assignTargets(batch[1], { maskSize: [8, 12], levels }));
  assert.equal(view.targets.instances.length, 2);
});

Deno.test("stepViews(): pasted objects are those of the weak view B − 1 − i, in its colours", () => {
  let pastes = 0;
  const pictures = [picture(11), picture(12, 36, 24, 0), picture(13), picture(14, 36, 24, 3)];
  for (let step = 0; step < 12; step++) {
    const how = options({ ...AS_THEY_ARE, strong: true }, step);
    const plain = stepViews(pictures, [0, 1, 2, 3], {
      ...how,
      views: { ...how.views, copyPaste: false },
    });
    const pasted = stepViews(pictures, [0, 1, 2, 3], how);
    for (let i = 0; i < 4; i++) {
      const source = pictures[3 - i];
      const union = source.instances.map(({ mask }) => mask);
      for (let p = 0; p < 24 * 36; p++) {
        const at = 3 * (Math.floor(p / 36) * 48 + p % 36);
        const [was, is] = [plain[i], pasted[i]].map(({ rgb }) => rgb.subarray(at, at + 3));
        if (is.every((level, c) => level === was[c])) continue;
        pastes++;
        assert.ok(union.some((mask) => mask[p] === 1), `step ${step}, view ${i}, pixel ${p}`);
        assert.deepEqual(is, source.data.subarray(3 * p, 3 * p + 3));
      }
    }
    assert.deepEqual(pasted.slice(4), plain.slice(4));
  }
  assert.ok(pastes > 1000, `${pastes} pixels`);
});

Deno.test("stepViews(): a picture's views do not depend on those beside it, but for pasting", () => {
  const views = { ...VIEWS, copyPaste: false };
  const first = stepViews(batch, ids, options(views, 9));
  const second = stepViews([picture(40), batch[1], picture(41)], [1, 0, 2], options(views, 9));
  assert.deepEqual(second[1], first[1]);
  assert.deepEqual(second[4], first[4]);
});

Deno.test("stepViews(): seed and step decide, and positions differ", () => {
  const at = (step: number, seed: number) => stepViews(batch, ids, options(VIEWS, step, seed));
  assert.deepEqual(at(3, 4), at(3, 4));
  assert.notDeepEqual(at(3, 4), at(4, 4));
  assert.notDeepEqual(at(3, 4), at(3, 5));
  const twins = stepViews([batch[0], batch[0]], [7, 7], options(VIEWS));
  assert.notDeepEqual(twins[0].rgb, twins[1].rgb);
});

Deno.test("stepViews(): views of one key have the same pixels and targets", () => {
  const known = new Map<string, unknown>();
  let repeated = 0;
  const how = { ...VIEWS, strong: false };
  fc.assert(fc.property(fc.nat(1e6), fc.nat(100), (step, seed) => {
    for (const view of stepViews(batch, ids, options(how, step, seed))) {
      if (known.has(view.repeats!)) {
        repeated++;
        assert.deepEqual(view, known.get(view.repeats!));
      }
      known.set(view.repeats!, view);
    }
  }));
  assert.equal(known.size, 3 * 3 * 2); // pictures, sizes, directions
  assert.equal(repeated, 300 - 18);
});

Deno.test("stepViews(): an object that is lost on the way is told", () => {
  const mask = new Uint8Array(36 * 24);
  mask[5 * 36 + 5] = 1; // one pixel, which does not lie on the smaller picture's grid
  const view = { ...batch[0], instances: [{ mask, label: 0 }] };
  const [{ targets }] = stepViews([view], [0], options({ ...AS_THEY_ARE, shortSides: [8] }));
  assert.deepEqual(targets.skipped, [{ instance: 0, why: "empty" }]);
});

Deno.test("stepViews() refuses what cannot be", () => {
  const how = options(VIEWS);
  assert.throws(() => stepViews(batch, [1], how), /^RangeError: .* each of 3 pictures, got 1$/);
  for (const multiple of [0, 6, 1.5]) {
    assert.throws(
      () => stepViews(batch, ids, { ...how, multiple }),
      /^RangeError: stepViews: sides must be padded to a multiple of 4, got/,
    );
  }
  assert.throws(() => stepViews(batch, ids, { ...how, seed: -1 }), /^RangeError: seed must be/);
});

Deno.test("targetLevels(): grids of the heads with the ranges of their objects", () => {
  assert.deepEqual(targetLevels(FULL_SEGMENTER), SOLO_LEVELS);
  assert.deepEqual(targetLevels(TINY_SEGMENTER)[0], { grid: 12, scaleRange: [1, 60] });
});

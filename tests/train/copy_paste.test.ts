import assert from "node:assert/strict";
import { uniforms } from "@fiedler/kernels";
import { copyPaste, type TrainingView } from "@fiedler/train";
import { generator } from "../support/random.ts";

/** A view from drawings of its masks; its pixels all have one value. */
function viewOf(value: number, width: number, ...drawings: string[]): TrainingView {
  const instances = drawings.map((text, label) => ({
    mask: Uint8Array.from(text, (c) => c === "#" ? 1 : 0),
    label,
  }));
  const height = drawings.length > 0 ? drawings[0].length / width : 2;
  return { width, height, data: new Uint8Array(3 * width * height).fill(value), instances };
}

const drawn = ({ instances }: TrainingView) =>
  instances.map(({ mask }) => Array.from(mask, (value) => value ? "#" : ".").join(""));

/** The first pixels' red. */
const reds = ({ data }: TrainingView) => [...data].filter((_, i) => i % 3 === 0);

/** A seed whose first draw takes all of `count` objects. */
function seedOfAll(count: number): number {
  for (let seed = 0;; seed++) {
    if (Math.floor(uniforms(1, { seed })[0] * (count + 1)) === count) return seed;
  }
}

Deno.test("copyPaste() cuts the pasted mask out of what was there", () => {
  const target = viewOf(10, 4, "###.###.");
  const { view, pasted, refused } = copyPaste(target, viewOf(200, 4, "..##...."), {
    random: { seed: seedOfAll(1) },
  });
  assert.deepEqual(drawn(view), ["##..###.", "..##...."]); // existing first; one of six is hidden
  assert.deepEqual(reds(view), [10, 10, 200, 200, 10, 10, 10, 10]);
  assert.deepEqual([pasted, refused], [[0], []]);
  assert.deepEqual(drawn(target), ["###.###."]); // the target itself has not changed
  assert.deepEqual(reds(target), new Array(8).fill(10));
});

Deno.test("copyPaste() refuses what would hide half of an object", () => {
  const random = { seed: seedOfAll(1) };
  const target = viewOf(10, 4, "####....", "......##");
  const half = copyPaste(target, viewOf(200, 4, "##......"), { random });
  assert.equal(half.view, target);
  assert.deepEqual([half.pasted, half.refused], [[], [0]]);
  const less = copyPaste(target, viewOf(200, 4, "#...##.."), { random });
  assert.deepEqual(less.pasted, [0]);
  // One object of two suffices to refuse.
  const other = copyPaste(target, viewOf(200, 4, "#.....#."), { random });
  assert.deepEqual(other.refused, [0]);
});

Deno.test("copyPaste() pastes onto a picture without objects, or with an empty mask", () => {
  const random = { seed: seedOfAll(1) };
  const source = viewOf(200, 4, ".##..##.");
  const { view } = copyPaste(viewOf(10, 4), source, { random });
  assert.deepEqual(drawn(view), [".##..##."]);
  assert.deepEqual(reds(view), [10, 200, 200, 10, 10, 200, 200, 10]);
  const empty = copyPaste(viewOf(10, 4, "........"), source, { random });
  assert.deepEqual(drawn(empty.view), ["........", ".##..##."]);
});

Deno.test("copyPaste() of a source without objects leaves the target alone", () => {
  const target = viewOf(10, 4, "##......");
  for (let seed = 0; seed < 8; seed++) {
    assert.deepEqual(copyPaste(target, viewOf(200, 4), { random: { seed } }), {
      view: target,
      pasted: [],
      refused: [],
    });
  }
});

Deno.test("copyPaste() stretches the source, and grows its masks if asked", () => {
  // Columns 0, 1 become 0 … 3 at places −¼, ¼, ¾, 1¼: the third has a quarter of column 0.
  const source = viewOf(200, 2, "#.", ".."); // the second object is empty
  const target = viewOf(10, 4); // 4 × 2; the one row becomes two
  const random = { seed: seedOfAll(2) };
  const grown = copyPaste(target, source, { random });
  assert.deepEqual(drawn(grown.view), ["###.###."]);
  assert.deepEqual([grown.pasted, grown.refused], [[0], [1]]); // nothing to paste of the second
  const same = copyPaste(target, source, { random, growMasks: false });
  assert.deepEqual(drawn(same.view), ["##..##.."]);
  // The far end of a row does not reach into the next one.
  const lower = copyPaste(target, viewOf(200, 2, "..#."), { random: { seed: seedOfAll(1) } });
  assert.deepEqual(drawn(lower.view), ["....###."]);
});

Deno.test("copyPaste() places pixels where it places masks", () => {
  // A bright square on black, from 8 × 6 to 24 × 9.
  const square = (x: number, y: number) => x >= 2 && x < 6 && y >= 2 && y < 4;
  const at = Array.from({ length: 48 }, (_, p) => square(p % 8, Math.floor(p / 8)));
  const source = {
    width: 8,
    height: 6,
    data: Uint8Array.from(at.flatMap((on) => on ? [240, 120, 60] : [0, 0, 0])),
    instances: [{ mask: Uint8Array.from(at, Number), label: 0 }],
  };
  const target = { width: 24, height: 9, data: new Uint8Array(3 * 216).fill(7), instances: [] };
  const { view } = copyPaste(target, source, {
    random: { seed: seedOfAll(1) },
    growMasks: false,
  });
  const { mask } = view.instances[0];
  // At least half of a pixel's weight is on the square, hence half of its light, less rounding.
  for (let p = 0; p < 216; p++) {
    const [red, green] = [view.data[3 * p], view.data[3 * p + 1]];
    assert.ok(mask[p] ? red >= 119 && green >= 59 : red === 7 && green === 7, `pixel ${p}`);
  }
  assert.equal(mask.reduce((sum, value) => sum + value), 12 * 3); // 4 · 3 across, 2 · 1.5 down
});

Deno.test("copyPaste() draws every number of objects, and every object, alike", () => {
  const source = viewOf(200, 4, "#.......", ".#......", "..#.....");
  const target = viewOf(10, 4);
  const counts = [0, 0, 0, 0];
  const firsts = [0, 0, 0];
  const seeds = 4000;
  for (let seed = 0; seed < seeds; seed++) {
    const { pasted } = copyPaste(target, source, { random: { seed, stream: 7 } });
    assert.equal(new Set(pasted).size, pasted.length);
    counts[pasted.length]++;
    if (pasted.length === 1) firsts[pasted[0]]++;
  }
  // Six standard deviations of a count of 4000 with p = ¼ (27.4), and of one of 1000 with p = ⅓ (14.9).
  for (const count of counts) assert.ok(Math.abs(count - 1000) < 165, `${counts}`);
  for (const first of firsts) assert.ok(Math.abs(first - counts[1] / 3) < 90, `${firsts}`);
});

/** The rule of copyPaste() on sets of pixels, at equal sizes. */
function slow(target: TrainingView, source: TrainingView, order: readonly number[]) {
  const setOf = (mask: Uint8Array) => new Set([...mask.keys()].filter((p) => mask[p]));
  const existing = target.instances.map(({ mask }) => setOf(mask));
  const pastes = order.map((i) => setOf(source.instances[i].mask))
    .filter((paste) => paste.size > 0)
    .filter((paste) =>
      existing.every((y) => y.size === 0 || y.intersection(paste).size / y.size < 0.5)
    );
  const cover = pastes.reduce((union, paste) => union.union(paste), new Set<number>());
  const masks = [...existing.map((y) => y.difference(cover)), ...pastes];
  return { masks: masks.map((mask) => [...mask].sort((a, b) => a - b)), cover };
}

Deno.test("copyPaste() agrees with a slow statement of it", () => {
  const next = generator(5);
  const scene = (): TrainingView => ({
    width: 9,
    height: 7,
    data: Uint8Array.from({ length: 189 }, () => Math.floor(256 * next())),
    instances: Array.from({ length: Math.floor(5 * next()) }, (_, label) => {
      const share = next() ** 2;
      return { label, mask: Uint8Array.from({ length: 63 }, () => next() < share ? 1 : 0) };
    }),
  });
  let [pastes, refusals] = [0, 0];
  for (let seed = 0; seed < 300; seed++) {
    const [target, source] = [scene(), scene()];
    const { view, pasted, refused } = copyPaste(target, source, { random: { seed } });
    pastes += pasted.length;
    refusals += refused.length;
    const expected = slow(target, source, [...pasted, ...refused]);
    const actual = view.instances.map(({ mask }) => [...mask.keys()].filter((p) => mask[p]));
    assert.deepEqual(actual, expected.masks, `seed ${seed}`);
    const labels = [...target.instances, ...pasted.map((i) => source.instances[i])];
    assert.deepEqual(view.instances.map(({ label }) => label), labels.map(({ label }) => label));
    const pixels = target.data.map((value, i) =>
      expected.cover.has(Math.floor(i / 3)) ? source.data[i] : value
    );
    assert.deepEqual(view.data, pixels);
    assert.deepEqual(copyPaste(target, source, { random: { seed } }).view, view); // repeatable
  }
  assert.ok(pastes > 50 && refusals > 50, `${pastes} pasted, ${refusals} refused`);
});

Deno.test("copyPaste() names the view whose masks are of another size", () => {
  const [good, bad] = [viewOf(1, 4, "##......"), { ...viewOf(1, 4, "##......"), height: 3 }];
  const random = { seed: 0 };
  assert.throws(
    () => copyPaste(bad, good, { random }),
    /^RangeError: copyPaste: target: .* got 8$/,
  );
  assert.throws(
    () => copyPaste(good, bad, { random }),
    /^RangeError: copyPaste: source: .* got 8$/,
  );
});

import { makeSampler } from "@fiedler/train";
import fc from "fast-check";
import assert from "node:assert/strict";
import { cpuTime } from "../../tools/bench/cpu_time.ts";

type Size = readonly [height: number, width: number];

const sizesOf = (tall: readonly boolean[]): Size[] =>
  tall.map((is, i) => is ? [3, 2] : i % 2 === 0 ? [2, 3] : [2, 2]);

const mixed = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 });
const batches = fc.integer({ min: 1, max: 15 });
const seeds = fc.maxSafeNat();

Deno.test("makeSampler(): the pictures of a step are all tall, or none is", () => {
  fc.assert(fc.property(mixed, batches, seeds, fc.nat(), (tall, batch, seed, step) => {
    const pictures = makeSampler(sizesOf(tall), { batch, seed })(step);
    assert.equal(pictures.length, batch);
    assert.equal(new Set(pictures.map((picture) => tall[picture])).size, 1);
  }));
});

Deno.test("makeSampler(): each kind is seen without replacement, epoch after epoch", () => {
  fc.assert(fc.property(mixed, batches, seeds, (tall, batch, seed) => {
    const batchOf = makeSampler(sizesOf(tall), { batch, seed });
    const steps = Array.from({ length: 6 * tall.length }, (_, step) => batchOf(step));
    for (const kind of [false, true]) {
      const members = [...tall.keys()].filter((picture) => tall[picture] === kind);
      if (members.length === 0) continue;
      const seen = steps.flat().filter((picture) => tall[picture] === kind);
      for (let at = 0; at + members.length <= seen.length; at += members.length) {
        const epoch = seen.slice(at, at + members.length);
        assert.deepEqual(epoch.toSorted((a, b) => a - b), members);
      }
    }
  }));
});

Deno.test("makeSampler(): steps of the two kinds alternate as their numbers allow", () => {
  fc.assert(fc.property(mixed, batches, seeds, (tall, batch, seed) => {
    const batchOf = makeSampler(sizesOf(tall), { batch, seed });
    const share = tall.filter((is) => is).length / tall.length;
    let tallSteps = 0;
    for (let step = 0; step < 50; step++) {
      if (tall[batchOf(step)[0]]) tallSteps++;
      // The rounded line never leaves the exact one by a whole step; 1e-9 is for the product here.
      assert.ok(Math.abs(tallSteps - share * (step + 1)) < 1 + 1e-9);
    }
  }));
});

Deno.test("makeSampler(): a step is the same whatever was asked before", () => {
  fc.assert(
    fc.property(mixed, batches, seeds, fc.array(fc.nat(200)), (tall, batch, seed, steps) => {
      const batchOf = makeSampler(sizesOf(tall), { batch, seed });
      for (const step of steps) {
        assert.deepEqual(batchOf(step), makeSampler(sizesOf(tall), { batch, seed })(step));
      }
    }),
  );
});

Deno.test("makeSampler(): every order of an epoch is alike, and epochs differ", () => {
  const sizes = sizesOf([false, false, false]);
  const counts = new Map<string, number>();
  const runs = 3000;
  let same = 0;
  for (let seed = 0; seed < runs; seed++) {
    const batchOf = makeSampler(sizes, { batch: 3, seed });
    const order = `${batchOf(0)}`;
    counts.set(order, (counts.get(order) ?? 0) + 1);
    if (`${batchOf(1)}` === order) same++;
  }
  // Six standard deviations of 3000 draws with p = 1/6: 122.5.
  assert.equal(counts.size, 6);
  for (const count of [...counts.values(), same]) assert.ok(Math.abs(count - runs / 6) < 123);
});

Deno.test("makeSampler(): a million pictures are one shuffle an epoch", () => {
  const sizes = new Array<Size>(1e6).fill([2, 3]);
  const batchOf = makeSampler(sizes, { batch: 4, seed: 1 });
  const seen = new Uint8Array(sizes.length);
  const started = cpuTime();
  for (let step = 0; step < 250_000; step++) for (const picture of batchOf(step)) seen[picture]++;
  // About 1 s on a shared core; without the order being kept it would be days.
  assert.ok(cpuTime() - started < 60_000);
  assert.ok(seen.every((times) => times === 1));
});

Deno.test("makeSampler() refuses what cannot be", () => {
  const settings = { batch: 1, seed: 0 };
  assert.throws(() => makeSampler([], settings), /^RangeError: makeSampler: .* got 0 pictures/);
  for (const batch of [0, 1.5, NaN]) {
    assert.throws(() => makeSampler([[1, 1]], { ...settings, batch }), /^RangeError: .* batch/);
  }
  assert.throws(() => makeSampler([[1, 1]], { ...settings, seed: -1 }), /^RangeError: seed must/);
  for (const step of [-1, 0.5, 2 ** 53]) {
    assert.throws(() => makeSampler([[1, 1]], settings)(step), /^RangeError: .* a step must be/);
  }
});

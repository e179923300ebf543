import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { connectedComponents } from "../../kernels/components/components.ts";
import { filterByRules, packMasks, toSteps } from "../../kernels/masks/masks.ts";
import { intersection } from "../../kernels/masks/reference.ts";
import * as masksReference from "../../kernels/masks/reference.ts";
import { FATE_COLUMNS, greedyNms, type NmsOptions } from "../../kernels/nms/greedy_nms.ts";
import * as reference from "../../kernels/nms/reference.ts";
import { assertSame, conformance } from "../support/conformance.ts";
import { generator, uniform } from "../support/random.ts";

const NONE = 0xffffffff;
const KS = [5, 2, 2, 3, 4];
const [MAPS, ROWS, COLUMNS] = [KS.length, 9, 11];
const CELLS = ROWS * COLUMNS;

/** Label maps that resemble each other: blocks of a common picture with a few cells changed. */
function similarMaps(images: number, seed: number): Uint32Array<ArrayBuffer> {
  const next = generator(seed);
  const base = Array.from({ length: CELLS }, (_, cell) => {
    const [row, column] = [Math.floor(cell / COLUMNS), cell % COLUMNS];
    return Math.floor(row / 4) + Math.floor(column / 4);
  });
  return Uint32Array.from(
    { length: images * MAPS * CELLS },
    (_, i) => next() < 0.06 ? 0 : base[i % CELLS] % 3,
  );
}

interface Case {
  readonly labels: Uint32Array<ArrayBuffer>;
  readonly images: number;
  readonly minArea?: number;
}

/** The fates of all masks, on the GPU and by brute force. */
async function bothWays(gpu: Gpu, { labels, images, minArea = 0 }: Case, options: NmsOptions) {
  const maps = gpu.upload(labels, [images * MAPS, ROWS, COLUMNS]);
  const split = connectedComponents(gpu, maps);
  const masks = packMasks(gpu, gpu.upload(labels, [images, MAPS, ROWS, COLUMNS]), split, KS);
  const salient = Array.from({ length: CELLS }, (_, cell) => cell).filter((cell) => cell % 3 > 0);
  const bits = new Uint32Array(images * Math.ceil(CELLS / 32));
  for (let image = 0; image < images; image++) {
    for (const cell of salient) bits[image * 4 + (cell >> 5)] |= 1 << (cell & 31);
  }
  const rules = { minArea, maxShare: 1, score: "ioa" as const, threshold: 0 };
  const verdicts = filterByRules(gpu, masks, gpu.upload(bits, [images, 4]), rules);
  const capacity = MAPS * CELLS;
  const coherence = uniform(images * capacity, { seed: 4 }).map((x) => Math.round(8 * x) / 8);
  const tensor = gpu.upload(coherence, [images, capacity]);
  const fates = await gpu.read(greedyNms(gpu, masks, verdicts, tensor, options));
  return Array.from({ length: images }, (_, image) => {
    const own = Array.from({ length: MAPS }, (_, map) => {
      const at = (image * MAPS + map) * CELLS;
      return labels.subarray(at, at + CELLS);
    });
    const candidates = masksReference.packMasks(own, ROWS, COLUMNS, KS, 4).map((mask, m) => ({
      ...mask,
      overlap: intersection(mask.cells, salient),
      coherence: coherence[image * capacity + m],
      passed: mask.area >= minArea,
    }));
    const at = image * capacity * FATE_COLUMNS.length;
    return {
      candidates,
      actual: fates.subarray(at, at + candidates.length * FATE_COLUMNS.length),
      expected: reference.greedyNms(candidates, options.order, toSteps("t", options.threshold)),
    };
  });
}

const flat = (fates: readonly reference.Fate[]) =>
  fates.flatMap(({ rank, rival, shared }) => [rank ?? NONE, rival ?? NONE, shared]);

conformance("greedyNms()", (test) => {
  for (const order of ["ioa", "area", "k", "coherence"] as const) {
    for (const threshold of [0, 0.3, 0.5, 0.8, 1]) {
      test(`agrees with brute force by ${order} at ${threshold}`, async (gpu) => {
        const labels = similarMaps(3, 17);
        for (const minArea of [0, 3]) {
          const images = await bothWays(gpu, { labels, images: 3, minArea }, { order, threshold });
          for (const { actual, expected } of images) assertSame(actual, flat(expected));
        }
      });
    }
  }

  test("suppresses something at 0.5, nothing at 1, even exact duplicates", async (gpu) => {
    const map = similarMaps(1, 3).subarray(0, CELLS);
    const labels = Uint32Array.from({ length: MAPS * CELLS }, (_, i) => map[i % CELLS]);
    const options = { order: "area" as const };
    const [half] = await bothWays(gpu, { labels, images: 1 }, { ...options, threshold: 0.5 });
    const [one] = await bothWays(gpu, { labels, images: 1 }, { ...options, threshold: 1 });
    const kept = (fates: Uint32Array) => fates.filter((rival, i) => i % 3 === 1 && rival === NONE);
    assert.equal(kept(half.actual).length, half.candidates.length / MAPS);
    assert.equal(kept(one.actual).length, one.candidates.length);
  });

  test("leaves no pair above the threshold, and is idempotent", async (gpu) => {
    const labels = similarMaps(1, 99);
    const options = { order: "ioa" as const, threshold: 0.3 };
    const [{ candidates, actual }] = await bothWays(gpu, { labels, images: 1 }, options);
    const kept = candidates.filter((_, m) => actual[3 * m + 1] === NONE);
    assert.ok(kept.length < candidates.length);
    kept.forEach((a, i) =>
      kept.slice(i + 1).forEach((b) => {
        const shared = intersection(a.cells, b.cells);
        assert.ok(shared / (a.area + b.area - shared) <= 0.3);
      })
    );
    const again = reference.greedyNms(kept, options.order, 3000);
    assert.ok(again.every(({ rival }) => rival === null));
  });

  test("keeps masks whose IoU is exactly the threshold", async (gpu) => {
    // Rows 0 … 4 against rows 0 … 3: IoU 4 / 5; columns are as good as rows.
    const labels = new Uint32Array(MAPS * CELLS);
    labels.fill(1, 5 * COLUMNS, CELLS).fill(1, CELLS + 4 * COLUMNS, 2 * CELLS);
    const options = { order: "area" as const };
    const [at] = await bothWays(gpu, { labels, images: 1 }, { ...options, threshold: 0.8 });
    const [below] = await bothWays(gpu, { labels, images: 1 }, { ...options, threshold: 0.7999 });
    assertSame(at.actual, flat(at.expected));
    assertSame(below.actual, flat(below.expected));
    const rival = (fates: Uint32Array, mask: number) => fates[3 * mask + 1];
    assert.notEqual(rival(at.actual, 2), 0); // mask 2 is the upper part of the second map
    assert.equal(rival(below.actual, 2), 0);
  });

  test("takes a picture without survivors", async (gpu) => {
    const labels = similarMaps(2, 5);
    const options = { order: "ioa" as const, threshold: 0.5 };
    const images = await bothWays(gpu, { labels, images: 2, minArea: CELLS + 1 }, options);
    for (const { actual, expected } of images) assertSame(actual, flat(expected));
  });
});

import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { connectedComponents } from "../../kernels/components/components.ts";
import {
  filterByRules,
  maskCoherence,
  maskIntersections,
  maskWords,
  packMasks,
  SALIENCY_COLUMNS,
  saliencyMask,
  TABLE_COLUMNS,
  toSteps,
} from "../../kernels/masks/masks.ts";
import * as reference from "../../kernels/masks/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { integers, normal } from "../support/random.ts";

const NONE = 0xffffffff;

/** Bit masks of lists of cells, one after another. */
function packed(masks: readonly (readonly number[])[], cells: number) {
  const words = maskWords(cells);
  const bits = new Uint32Array(masks.length * words);
  masks.forEach((mask, m) => {
    for (const cell of mask) bits[m * words + (cell >> 5)] |= 1 << (cell & 31);
  });
  return bits;
}

function pack(
  gpu: Gpu,
  labels: Uint32Array<ArrayBuffer>,
  shape: readonly [images: number, maps: number, rows: number, columns: number],
  ks: readonly number[],
  connectivity: 4 | 8,
) {
  const [images, maps, rows, columns] = shape;
  const split = connectedComponents(gpu, gpu.upload(labels, [images * maps, rows, columns]), {
    connectivity,
  });
  return packMasks(gpu, gpu.upload(labels, shape), split, ks);
}

const mapsOf = (
  labels: Uint32Array<ArrayBuffer>,
  [, maps, rows, columns]: readonly number[],
  image: number,
) =>
  Array.from({ length: maps }, (_, map) => {
    const at = (image * maps + map) * rows * columns;
    return labels.subarray(at, at + rows * columns);
  });

conformance("packMasks()", (test) => {
  // 31, 32, 33 cells straddle a word; 30 × 40 is a 480 × 640 picture; noise gives many masks.
  const cases: [readonly [number, number, number, number], readonly number[], number][] = [
    [[1, 1, 1, 1], [2], 2],
    [[1, 2, 1, 31], [2, 3], 2],
    [[1, 2, 4, 8], [2, 3], 3],
    [[2, 3, 3, 11], [2, 2, 5], 3],
    [[2, 4, 30, 40], [2, 3, 4, 5], 5],
  ];
  for (const [shape, ks, limit] of cases) {
    for (const connectivity of [4, 8] as const) {
      test(`describes all masks of [${shape}], ${connectivity} neighbours`, async (gpu) => {
        const [images, maps, rows, columns] = shape;
        const labels = integers(images * maps * rows * columns, { seed: 6, limit });
        const masks = pack(gpu, labels, shape, ks, connectivity);
        const read = await gpu.readAll([masks.bits, masks.table, masks.totals]);
        const [bits, table, totals] = read;
        for (let image = 0; image < images; image++) {
          const expected = reference.packMasks(
            mapsOf(labels, shape, image),
            rows,
            columns,
            ks,
            connectivity,
          );
          const words = maskWords(rows * columns);
          const base = image * maps * rows * columns;
          assert.equal(totals[image], expected.length);
          assertSame(
            table.subarray(base * 8, (base + expected.length) * 8),
            expected.flatMap((mask) => TABLE_COLUMNS.map((name) => mask[name])),
          );
          assertSame(
            bits.subarray(base * words, (base + expected.length) * words),
            packed(expected.map(({ cells }) => cells), rows * columns),
          );
        }
      });
    }
  }

  test("has room for a checkerboard in every map", async (gpu) => {
    const shape = [1, 2, 15, 15] as const;
    const labels = Uint32Array.from({ length: 450 }, (_, i) => (i % 225) % 2);
    const { totals } = pack(gpu, labels, shape, [2, 2], 4);
    assertSame(await gpu.read(totals), [450]);
  });

  test("rejects cluster counts that do not fit the maps", (gpu) => {
    assert.throws(() => pack(gpu, new Uint32Array(8), [1, 2, 2, 2], [2], 4), {
      message: "packMasks: ks must have 2 entries, got 1",
    });
  });
});

conformance("maskIntersections()", (test) => {
  for (const [masks, others, words] of [[1, 1, 1], [7, 9, 3], [8, 8, 38], [65, 3, 2]]) {
    test(`counts shared cells of ${masks} × ${others} masks of ${words} words`, async (gpu) => {
      const a = integers(masks * words, { seed: 1, limit: 2 ** 32 });
      const b = integers(others * words, { seed: 2, limit: 2 ** 32 });
      const out = maskIntersections(
        gpu,
        gpu.upload(a, [masks, words]),
        gpu.upload(b, [others, words]),
      );
      const cellsOf = (bits: Uint32Array, m: number) =>
        Array.from({ length: 32 * words }, (_, cell) => cell)
          .filter((cell) => bits[m * words + (cell >> 5)] >>> (cell & 31) & 1);
      const expected = Array.from({ length: masks }, (_, i) =>
        Array.from(
          { length: others },
          (_, j) => reference.intersection(cellsOf(a, i), cellsOf(b, j)),
        ));
      assertSame(await gpu.read(out), expected.flat());
    });
  }
});

conformance("saliencyMask()", (test) => {
  const cases: [string, number, string[]][] = [
    ["a centred square", 1, ["0000", "0110", "0110", "0000"]],
    ["an object that touches one side", 1, ["0000", "0011", "0011", "0000"]],
    ["a frame around the corner's cluster", 0, ["0111", "1001", "1001", "1111"]],
    ["a tie on the border, the smaller", 1, ["0011", "0001", "0001", "0011"]],
    ["a tie of border and area, not the corner", 1, ["01", "01"]],
  ];
  for (const [name, foreground, drawing] of cases) {
    test(`chooses in ${name}`, async (gpu) => {
      const [rows, columns] = [drawing.length, drawing[0].length];
      const labels = Uint32Array.from(drawing.join(""), Number);
      const { bits, stats } = saliencyMask(gpu, gpu.upload(labels, [1, rows, columns]));
      const expected = reference.saliencyMask(labels, rows, columns);
      assert.equal(expected.foreground, foreground);
      assertSame(await gpu.read(stats), [...expected.borders, ...expected.areas, foreground]);
      const cells = [...labels.keys()].filter((cell) => labels[cell] === foreground);
      assertSame(await gpu.read(bits), packed([cells], labels.length));
    });
  }

  test("is empty where there is one cluster only", async (gpu) => {
    const labels = new Uint32Array(2 * 12);
    labels.set([1, 1], 17);
    const { bits, stats } = saliencyMask(gpu, gpu.upload(labels, [2, 3, 4]));
    assertSame(await gpu.read(stats), [10, 0, 12, 0, NONE, 10, 0, 10, 2, 1]);
    assertSame(await gpu.read(bits), [0, 0b1100000]);
  });

  test("agrees with brute force on random pictures", async (gpu) => {
    const [images, rows, columns] = [40, 5, 7];
    const labels = integers(images * rows * columns, { seed: 12, limit: 2 });
    const { stats } = saliencyMask(gpu, gpu.upload(labels, [images, rows, columns]));
    const actual = await gpu.read(stats);
    for (let image = 0; image < images; image++) {
      const one = labels.subarray(image * rows * columns, (image + 1) * rows * columns);
      const { borders, areas, foreground } = reference.saliencyMask(one, rows, columns);
      const at = image * SALIENCY_COLUMNS.length;
      assertSame(actual.subarray(at, at + 5), [...borders, ...areas, foreground ?? NONE]);
    }
  });
});

conformance("filterByRules()", (test) => {
  const shape = [2, 2, 6, 9] as const;
  const labels = integers(2 * 2 * 54, { seed: 21, limit: 2 });
  const salient = [0, 1].map((image) =>
    [...Array(54).keys()].filter((cell) => labels[(1 - image) * 108 + cell] === 1)
  );
  for (const score of ["ioa", "iou", "ios"] as const) {
    for (const threshold of [0, 0.0001, 0.25, 0.5, 1]) {
      for (const saliency of [true, false]) {
        const name = `by ${score} ≥ ${threshold}${saliency ? "" : " without saliency"}`;
        test(`agrees with brute force ${name}`, async (gpu) => {
          const masks = pack(gpu, labels, shape, [2, 2], 4);
          const bits = gpu.upload(packed(salient, 54), [2, 2]);
          const rules = { minArea: 2, maxShare: 0.4, score, threshold };
          const { verdicts, overlaps } = filterByRules(gpu, masks, saliency ? bits : null, rules);
          const [gotVerdicts, gotOverlaps] = await gpu.readAll([verdicts, overlaps]);
          salient.forEach((cells, image) => {
            const expected = reference.packMasks(mapsOf(labels, shape, image), 6, 9, [2, 2], 4);
            const chosen = saliency ? cells : null;
            assertSame(
              gotVerdicts.subarray(image * 108, image * 108 + expected.length),
              expected.map((mask) =>
                reference.verdict(mask, chosen, 54, {
                  minArea: 2,
                  maxShareSteps: 4000,
                  score,
                  thresholdSteps: toSteps("threshold", threshold),
                })
              ),
            );
            assertSame(
              gotOverlaps.subarray(image * 108, image * 108 + expected.length),
              expected.map((mask) => reference.intersection(mask.cells, chosen ?? [])),
            );
          });
        });
      }
    }
  }

  test("keeps a mask whose score is exactly the threshold", async (gpu) => {
    // 3 of 10 cells: 0.3 in f32 is above 3/10, the whole numbers are equal.
    const masks = pack(gpu, new Uint32Array(10), [1, 1, 2, 5], [1], 4);
    const saliency = gpu.upload(packed([[0, 1, 2]], 10), [1, 1]);
    const rules = { minArea: 0, maxShare: 1, score: "ioa" as const };
    const at = filterByRules(gpu, masks, saliency, { ...rules, threshold: 0.3 });
    const above = filterByRules(gpu, masks, saliency, { ...rules, threshold: 0.3001 });
    assert.equal((await gpu.read(at.verdicts))[0], 0);
    assert.equal((await gpu.read(above.verdicts))[0], 3);
  });

  test("gives every mask the score 0 when nothing is salient", async (gpu) => {
    const masks = pack(gpu, new Uint32Array(4), [1, 1, 2, 2], [1], 4);
    const empty = gpu.zeros([1, 1], "u32");
    for (const score of ["ioa", "iou", "ios"] as const) {
      const rules = { minArea: 0, maxShare: 1, score };
      const none = filterByRules(gpu, masks, empty, { ...rules, threshold: 0 });
      const some = filterByRules(gpu, masks, empty, { ...rules, threshold: 0.0001 });
      assert.equal((await gpu.read(none.verdicts))[0], 0, score);
      assert.equal((await gpu.read(some.verdicts))[0], 3, score);
    }
  });

  test("rejects thresholds between two steps", (gpu) => {
    const masks = pack(gpu, new Uint32Array(4), [1, 1, 2, 2], [1], 4);
    const rules = { minArea: 0, maxShare: 1, score: "ioa" as const, threshold: 0.33333 };
    assert.throws(() => filterByRules(gpu, masks, null, rules), {
      message: "filterByRules: threshold must be 0 … 1 in steps of 0.0001, got 0.33333",
    });
  });
});

conformance("maskCoherence()", (test) => {
  // 32 invocations of 3 vec4: 95, 96 and 97 straddle one turn; 768 is ViT-B.
  for (const dim of [4, 124, 132, 380, 384, 388, 768]) {
    test(`is the mean cosine to the mean key, dim ${dim}`, async (gpu) => {
      const shape = [2, 2, 7, 9] as const;
      const labels = integers(2 * 2 * 63, { seed: 31, limit: 2 });
      const keys = normal(2 * 63 * dim, { seed: dim });
      for (let row = 0; row < 2 * 63; row++) {
        const key = keys.subarray(row * dim, (row + 1) * dim);
        const length = Math.hypot(...key);
        key.forEach((x, j) => key[j] = 1 / Math.sqrt(dim) + x / length);
        const total = Math.hypot(...key);
        key.forEach((x, j) => key[j] = x / total);
      }
      const masks = pack(gpu, labels, shape, [2, 2], 8);
      const actual = await gpu.read(maskCoherence(gpu, masks, gpu.upload(keys, [2, 63, dim])));
      for (const image of [0, 1]) {
        const expected = reference.packMasks(mapsOf(labels, shape, image), 7, 9, [2, 2], 8);
        const own = keys.subarray(image * 63 * dim, (image + 1) * 63 * dim);
        // Sums of at most 63 terms below 1 lose 63 · 2^-24 = 4e-6 of a length near 1 at worst.
        assertClose(
          actual.subarray(image * 126, image * 126 + expected.length),
          expected.map(({ cells }) => reference.coherence(cells, own, dim)),
          { absolute: 4e-6 },
        );
      }
    });
  }
});

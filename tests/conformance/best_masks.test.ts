import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { bestMasks, type RatedMasks } from "../../kernels/best_masks/best_masks.ts";
import * as reference from "../../kernels/best_masks/reference.ts";
import { maskOverlaps } from "../../kernels/mask_overlaps/mask_overlaps.ts";
import * as overlapsReference from "../../kernels/mask_overlaps/reference.ts";
import { assertSame, conformance } from "../support/conformance.ts";
import { integers, uniform } from "../support/random.ts";

/** Masks with few different scores, so that many are equal. */
function ratedMasks(masks: number, words: number) {
  const numbers = (seed: number, limit: number) => [...integers(masks, { seed, limit })];
  return {
    bits: integers(masks * words, { seed: 1, limit: 2 ** 32 }),
    counts: numbers(2, 12),
    means: numbers(3, 4).map((n) => n / 7),
    chances: numbers(4, 4).map((n) => n / 9),
    least: numbers(5, 6),
  };
}

function upload(gpu: Gpu, rated: ReturnType<typeof ratedMasks>): RatedMasks {
  const masks = rated.counts.length;
  return {
    bits: gpu.upload(rated.bits, [masks, rated.bits.length / masks]),
    counts: gpu.upload(Uint32Array.from(rated.counts), [masks]),
    means: gpu.upload(Float32Array.from(rated.means), [masks]),
    chances: gpu.upload(Float32Array.from(rated.chances), [masks]),
    least: gpu.upload(Uint32Array.from(rated.least), [masks]),
  };
}

conformance("bestMasks()", (test) => {
  // One mask, workgroups of 64 half full, full, and started; words likewise; limits on both sides.
  for (
    const [masks, words, limit] of [[1, 1, 1], [63, 2, 10], [64, 65, 64], [65, 64, 500], [
      300,
      3,
      299,
    ]]
  ) {
    test(`orders ${masks} masks of ${words} words, at most ${limit}`, async (gpu) => {
      const rated = ratedMasks(masks, words);
      const found = bestMasks(gpu, upload(gpu, rated), limit);
      const [order, bits] = await gpu.readAll([found.order, found.bits]);
      const expected = reference.bestMasks(rated, limit);
      assertSame(order, expected);
      const pitch = found.bits.shape[1];
      assert.equal(pitch, 4 * Math.ceil(expected.length / 4));
      expected.forEach((m, rank) => {
        const column = Array.from({ length: words }, (_, w) => bits[w * pitch + rank]);
        assertSame(column, rated.bits.subarray(m * words, (m + 1) * words));
      });
    });
  }

  test("refuses what is not of the masks' number", (gpu) => {
    const rated = { ...upload(gpu, ratedMasks(3, 2)), means: gpu.empty([4]) };
    assert.throws(() => bestMasks(gpu, rated, 2), {
      name: "ShapeError",
      message: "bestMasks: means must be [3], got [4]",
    });
  });
});

conformance("maskOverlaps()", (test) => {
  // Quads that are started and full, and more of them than a workgroup of 64 has invocations.
  for (const [masks, pixels] of [[1, 5], [4, 32], [7, 70], [261, 33]]) {
    test(`counts what ${masks} masks of ${pixels} pixels share`, async (gpu) => {
      const density = uniform(masks, { seed: 1, low: 0, high: 1 });
      const draws = uniform(masks * pixels, { seed: 2, low: 0, high: 1 });
      const sets = Array.from(
        { length: masks },
        (_, m) =>
          Array.from({ length: pixels }, (_, p) => Number(draws[m * pixels + p] < density[m])),
      );
      const words = Math.ceil(pixels / 32);
      const pitch = 4 * Math.ceil(masks / 4) + 4; // wider than it need be
      const bits = new Uint32Array(words * pitch).fill(0xffffffff); // columns that are no masks
      sets.forEach((set, m) => {
        for (let w = 0; w < words; w++) {
          const own = set.slice(32 * w, 32 * w + 32);
          bits[w * pitch + m] = own.reduce((word, is, bit) => word + is * 2 ** bit, 0);
        }
      });
      const overlaps = maskOverlaps(gpu, gpu.upload(bits, [words, pitch]), masks);
      assertSame(await gpu.read(overlaps), overlapsReference.maskOverlaps(sets));
    });
  }

  test("refuses a pitch that holds no quads or not all masks", (gpu) => {
    for (const [masks, pitch] of [[3, 6], [5, 4]]) {
      assert.throws(() => maskOverlaps(gpu, gpu.empty([1, pitch], "u32"), masks), {
        name: "ShapeError",
        message: `maskOverlaps: pitch must be a multiple of 4 from ${masks} masks on, got ${pitch}`,
      });
    }
  });
});

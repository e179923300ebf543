import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bitsFromRle,
  compressRle,
  decodeRle,
  encodeRle,
  type Rle,
  rleFromBits,
  rleIntersection,
  rleUnion,
} from "@fiedler/coco";

const rle = (mask: Uint8Array, height: number, width: number): Rle => ({
  size: [height, width],
  counts: encodeRle(mask, height, width),
});

/** A few masks of one picture, none of its sides 0. */
const anyMasks = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })).chain(
  ([height, width]) =>
    fc.record({
      height: fc.constant(height),
      width: fc.constant(width),
      masks: fc.array(
        fc.uint8Array({ minLength: height * width, maxLength: height * width, max: 1 }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
);

Deno.test("merging equals or and and of the pixels, in the form that encodeRle() has", () => {
  fc.assert(
    fc.property(anyMasks, ({ height, width, masks }) => {
      const rles = masks.map((mask) => rle(mask, height, width));
      const any = masks[0].map((_, i) => Number(masks.some((mask) => mask[i] === 1)));
      const all = masks[0].map((_, i) => Number(masks.every((mask) => mask[i] === 1)));
      assert.deepEqual(rleUnion(rles), rle(any, height, width));
      assert.deepEqual(rleIntersection(rles), rle(all, height, width));
    }),
    { seed: 5, numRuns: 3_000 },
  );
});

Deno.test("merging is idempotent and does not mind the order", () => {
  fc.assert(
    fc.property(anyMasks, ({ height, width, masks }) => {
      const rles = masks.map((mask) => rle(mask, height, width));
      for (const merge of [rleUnion, rleIntersection]) {
        assert.deepEqual(merge([rles[0], rles[0]]), rles[0]);
        assert.deepEqual(merge(rles.toReversed()), merge(rles));
        assert.deepEqual(merge([merge(rles), ...rles]), merge(rles));
      }
    }),
    { seed: 6, numRuns: 1_000 },
  );
});

Deno.test("merging joins runs of length 0 and keeps pictures without pixels", () => {
  const split: Rle = { size: [2, 3], counts: [0, 0, 1, 1, 0, 2, 2, 0] };
  assert.deepEqual(rleUnion([split]), { size: [2, 3], counts: [1, 3, 2] });
  assert.deepEqual(rleUnion([{ size: [0, 3], counts: [0] }]), { size: [0, 3], counts: [0] });
});

Deno.test("packed bits hold the pixels, lowest bit first", () => {
  fc.assert(
    fc.property(anyMasks, ({ height, width, masks: [mask] }) => {
      const whole = rle(mask, height, width);
      const bits = bitsFromRle(whole);
      const read = mask.map((_, i) => bits[i >> 5] >>> (i & 31) & 1);
      assert.deepEqual(read, mask);
      assert.equal(bits.length, Math.ceil(mask.length / 32));
      assert.deepEqual(rleFromBits(bits, height, width), whole);
    }),
    { seed: 7, numRuns: 1_000 },
  );
});

Deno.test("merging and packing refuse what does not fit, by name", () => {
  const good: Rle = { size: [2, 2], counts: [4] };
  const cases: readonly [() => unknown, string][] = [
    [() => rleUnion([]), "rleUnion: needs at least one mask, got none"],
    [
      () => rleUnion([good, { size: [4, 1], counts: [4] }]),
      "rleUnion: sizes must match, got 2 × 2 and, at 1, 4 × 1",
    ],
    [
      () => rleIntersection([good, { size: [2, 2], counts: [5, -1] }]),
      "rleIntersection: masks[1]: counts[1] must be an integer ≥ 0, got -1",
    ],
    [
      () => rleIntersection([{ size: [2, 2], counts: [0.5, 3.5] }]),
      "rleIntersection: masks[0]: counts[0] must be an integer ≥ 0, got 0.5",
    ],
    [
      () => bitsFromRle({ size: [2 ** 16, 2 ** 16], counts: [2 ** 32] }),
      "bitsFromRle: at most 4294967295 pixels, got 65536 × 65536",
    ],
    [
      () => bitsFromRle({ size: [2, 2], counts: [3] }),
      "bitsFromRle: counts must sum to 2 × 2, got 3",
    ],
    [
      () => rleFromBits(new Uint32Array(2), 4, 8),
      "rleFromBits: 4 × 8 pixels take 1 words, got 2",
    ],
    [() => decodeRle([5, -1], 2, 2), "decodeRle: counts[1] must be an integer ≥ 0, got -1"],
    [
      () => compressRle({ size: [1, 1], counts: [NaN] }),
      "rleToString: counts[0] must be an integer ≥ 0, got NaN",
    ],
  ];
  for (const [run, message] of cases) assert.throws(run, { name: "RangeError", message });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { type Box, boxIou, encodeRle, type Rle, rleBox, rleIou } from "@fiedler/coco";

const rle = (mask: Uint8Array, height: number, width: number): Rle => ({
  size: [height, width],
  counts: encodeRle(mask, height, width),
});

/** Masks of one picture, two lists of them, and which of the second are crowds. */
const anyPicture = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(
  ([height, width]) => {
    const mask = fc.uint8Array({ minLength: height * width, maxLength: height * width, max: 1 });
    return fc.record({
      height: fc.constant(height),
      width: fc.constant(width),
      dt: fc.array(mask, { maxLength: 4 }),
      gt: fc.array(fc.tuple(mask, fc.boolean()), { maxLength: 4 }),
    });
  },
);

Deno.test("rleIou() equals counting pixels, with the crowd rule", () => {
  fc.assert(
    fc.property(anyPicture, ({ height, width, dt, gt }) => {
      const expected = dt.flatMap((a) =>
        gt.map(([b, crowd]) => {
          const shared = a.reduce((sum, pixel, i) => sum + (pixel & b[i]), 0);
          const either = a.reduce((sum, pixel, i) => sum + (pixel | b[i]), 0);
          return shared === 0 ? 0 : shared / (crowd ? a.reduce((sum, p) => sum + p, 0) : either);
        })
      );
      const actual = rleIou(
        dt.map((mask) => rle(mask, height, width)),
        gt.map(([mask]) => rle(mask, height, width)),
        gt.map(([, crowd]) => crowd),
      );
      assert.deepEqual([...actual], expected); // quotients of whole numbers: not an ulp apart
    }),
    { seed: 4, numRuns: 3_000 },
  );
});

Deno.test("rleIou() ignores runs of length 0", () => {
  const plain: Rle = { size: [2, 3], counts: [1, 3, 2] };
  const split: Rle = { size: [2, 3], counts: Uint32Array.of(0, 0, 1, 1, 0, 2, 2, 0) };
  assert.deepEqual([...rleIou([plain, split], [plain, split], [false, false])], [1, 1, 1, 1]);
});

Deno.test("masks of different sizes: -1 where the boxes overlap, 0 where they are apart", () => {
  const left: Rle = { size: [2, 3], counts: [0, 2, 4] };
  const larger: Rle = { size: [3, 3], counts: [0, 2, 7] };
  const right: Rle = { size: [3, 3], counts: [6, 3] };
  assert.deepEqual([...rleIou([left], [larger, right], [false, false])], [-1, 0]);
});

Deno.test("boxIou() measures continuous boxes", () => {
  const dt: Box[] = [[0, 0, 2, 2], [0.5, 0, 1, 1]];
  const gt: Box[] = [[1, 1, 2, 2], [2, 0, 1, 1], [0, 0, 4, 4]];
  const crowd = [false, false, true];
  assert.deepEqual([...boxIou(dt, gt, crowd)], [1 / 7, 0, 1, 0, 0, 1]);
});

Deno.test("boxes of masks bound the masks' overlap", () => {
  const a = rle(Uint8Array.of(1, 0, 0, 1), 2, 2);
  const b = rle(Uint8Array.of(0, 1, 1, 0), 2, 2);
  assert.deepEqual([...rleIou([a], [b], [false])], [0]);
  const boxes = [a, b].map(({ counts, size: [height] }) => rleBox(counts, height));
  assert.deepEqual([...boxIou([boxes[0]], [boxes[1]], [false])], [1]);
});

Deno.test("the overlap refuses what it cannot measure, by name", () => {
  const good: Rle = { size: [2, 2], counts: [4] };
  assert.throws(() => rleIou([good], [good], []), {
    name: "RangeError",
    message: "rleIou: crowd must have one entry for each of 1 gt, got 0",
  });
  assert.throws(() => boxIou([], [[0, 0, 1, 1]], [true, false]), {
    message: "boxIou: crowd must have one entry for each of 1 gt, got 2",
  });
  assert.throws(() => rleIou([good, { size: [2, 2], counts: [1, 2] }], [good], [false]), {
    message: "rleIou: dt[1]: counts must sum to 2 × 2, got 3",
  });
});

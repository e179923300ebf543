import assert from "node:assert/strict";
import fc from "fast-check";
import {
  compressRle,
  decodeRle,
  encodeRle,
  rleArea,
  rleBox,
  rleFromGrid,
  rleFromString,
  rleToString,
  rleUnion,
} from "@fiedler/coco";

/** [counts, string], as the COCO API writes them. */
const vectors: readonly [number[], string][] = [
  [[0, 3, 4], "034"],
  [[6, 1, 40, 4, 5, 4, 5, 4, 21], "61X13mN000`0"],
  [[100000, 5, 99990, 5, 3], "PeQ35fdQ30][nL"],
  [[7, 1, 2, 9, 300, 16, 15], "7128Z97SG"],
];

/** A random mask as `{ height, width, mask }`, up to 12 × 12, empty pictures included. */
const anyMask = fc.tuple(fc.nat(12), fc.nat(12)).chain(([height, width]) =>
  fc.uint8Array({ minLength: height * width, maxLength: height * width, max: 1 })
    .map((mask) => ({ height, width, mask }))
);

Deno.test("rleToString() writes the vectors of the COCO API, rleFromString() reads them", () => {
  for (const [counts, text] of vectors) {
    assert.equal(rleToString(counts), text);
    assert.deepEqual(rleFromString(text), counts);
  }
});

Deno.test("encodeRle() runs down the columns", () => {
  const mask = new Uint8Array(7 * 9);
  for (const y of [2, 3, 4]) mask.fill(1, y * 9 + 3, y * 9 + 6);
  assert.equal(rleToString(encodeRle(mask, 7, 9)), "g034000c0");
});

Deno.test("734 strings written by the COCO API survive the round trip", async () => {
  const results: { segmentation: { size: [number, number]; counts: string } }[] = JSON.parse(
    await Deno.readTextFile("fixtures/coco/instances_val2014_fakesegm100_results.json"),
  );
  assert.equal(results.length, 734);
  results.forEach(({ segmentation: { size: [height, width], counts: text } }, i) => {
    const counts = rleFromString(text);
    assert.equal(rleToString(counts), text);
    assert.deepEqual(compressRle(rleUnion([{ size: [height, width], counts }])).counts, text);
    const mask = decodeRle(counts, height, width);
    assert.equal(rleToString(encodeRle(mask, height, width)), text);
    if (i % 12 !== 0) return; // counting pixels is slow: every twelfth
    assert.equal(rleArea(counts), mask.reduce((sum, pixel) => sum + pixel, 0));
    assert.deepEqual(rleBox(counts, height), boxOf(mask, height, width));
  });
});

Deno.test("decoding undoes encoding; area and box agree with the pixels", () => {
  fc.assert(
    fc.property(anyMask, ({ height, width, mask }) => {
      const counts = rleFromString(rleToString(encodeRle(mask, height, width)));
      assert.deepEqual(decodeRle(counts, height, width), mask);
      assert.equal(rleArea(counts), mask.reduce((sum, pixel) => sum + pixel, 0));
      assert.deepEqual(rleBox(counts, height), boxOf(mask, height, width));
    }),
    { seed: 1, numRuns: 10_000 },
  );
});

Deno.test("any counts survive the string, also zeros and large ones", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(40), fc.nat(2 ** 40))), (counts) => {
      assert.deepEqual(rleFromString(rleToString(counts)), counts);
    }),
    { seed: 2 },
  );
});

Deno.test("rleFromGrid() equals encoding the upsampled picture", () => {
  const map = (size: number) => fc.array(fc.integer({ min: -1, max: size - 1 }), { maxLength: 20 });
  const anyGrid = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).chain(
    ([rows, columns]) =>
      fc.record({
        columns: fc.constant(columns),
        mask: fc.uint8Array({ minLength: rows * columns, maxLength: rows * columns, max: 1 }),
        rowOf: map(rows),
        columnOf: map(columns),
      }),
  );
  fc.assert(
    fc.property(anyGrid, ({ columns, mask, rowOf, columnOf }) => {
      const picture = Uint8Array.from(
        rowOf.flatMap((r) => columnOf.map((c) => r < 0 || c < 0 ? 0 : mask[r * columns + c])),
      );
      assert.deepEqual(
        rleFromGrid(mask, columns, Int32Array.from(rowOf), Int32Array.from(columnOf)),
        encodeRle(picture, rowOf.length, columnOf.length),
      );
    }),
    { seed: 3, numRuns: 2_000 },
  );
});

Deno.test("errors say what was needed and what came", () => {
  assert.throws(() => encodeRle(new Uint8Array(5), 2, 3), {
    name: "RangeError",
    message: "encodeRle: mask must have 2 × 3 entries, got 5",
  });
  assert.throws(() => decodeRle([1, 2], 2, 2), {
    message: "decodeRle: counts must sum to 2 × 2, got 3",
  });
  assert.throws(() => rleToString([1, -1]), {
    message: "rleToString: counts[1] must be an integer ≥ 0, got -1",
  });
  assert.throws(() => rleFromString("03 "), {
    message: 'rleFromString: characters must be "0" to "o", got " " at 2',
  });
  assert.throws(() => rleFromString("0P"), { message: "rleFromString: number at 1 is cut off" });
  assert.throws(() => rleFromString("o".repeat(12)), {
    message: "rleFromString: number at 0 is too long",
  });
  assert.throws(() => rleFromString("N"), { message: "rleFromString: count at 0 is negative: -2" });
  assert.throws(() => rleFromGrid(new Uint8Array(4), 2, Int32Array.of(2), Int32Array.of(0)), {
    message: "rleFromGrid: rowOf[0] must be -1 to 1, got 2",
  });
});

/** The tight box, pixel by pixel. */
function boxOf(mask: Uint8Array, height: number, width: number): number[] {
  const xs: number[] = [];
  const ys: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!mask[y * width + x]) continue;
      xs.push(x);
      ys.push(y);
    }
  }
  if (xs.length === 0) return [0, 0, 0, 0];
  const range = (values: number[]) =>
    values.reduce(
      ([low, high], v) => [Math.min(low, v), Math.max(high, v)],
      [Infinity, -Infinity],
    );
  const [[left, right], [top, bottom]] = [range(xs), range(ys)];
  return [left, top, right - left + 1, bottom - top + 1];
}

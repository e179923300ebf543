import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeRle, maskOutlines, maskPolygons, rleFromPolygons } from "@fiedler/coco";

/** Masks of few rows, so that pieces, holes in holes and corners that touch are common. */
const anyMask = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })).chain(
  ([height, width]) =>
    fc.tuple(
      fc.uint8Array({ minLength: height * width, maxLength: height * width, max: 3 }),
      fc.boolean(),
    ).map(([noise, dense]) => ({
      height,
      width,
      mask: noise.map((value) => (dense ? value !== 0 : value === 0) ? 1 : 0),
    })),
);

/** What COCO's rule makes of polygons. */
function filled(polygons: readonly number[][], height: number, width: number): Uint8Array {
  if (polygons.length === 0) return new Uint8Array(height * width);
  return decodeRle(Array.from(rleFromPolygons(polygons, height, width).counts), height, width);
}

Deno.test("maskPolygons() are filled back to the same mask, pixel by pixel", () => {
  fc.assert(
    fc.property(anyMask, ({ height, width, mask }) => {
      assert.deepEqual(filled(maskPolygons(mask, height, width), height, width), mask);
    }),
    { seed: 1, numRuns: 10_000 },
  );
});

Deno.test("maskPolygons() walks a slit down to a hole, and to a hole in line below it", () => {
  const ring = Uint8Array.of(1, 1, 1, 1, 0, 1, 1, 1, 1);
  assert.deepEqual(maskPolygons(ring, 3, 3), [
    [0, 0, 1, 0, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1, 0, 3, 0, 3, 3, 0, 3],
  ]);
  const two = Uint8Array.from("1111111111".repeat(7), Number);
  for (const [y, x] of [[1, 4], [1, 5], [3, 3], [3, 4], [5, 4]]) two[y * 10 + x] = 0;
  assert.equal(maskPolygons(two, 7, 10).length, 1);
  assert.deepEqual(filled(maskPolygons(two, 7, 10), 7, 10), two);
});

Deno.test("maskOutlines() tells holes from islands in them", () => {
  const mask = Uint8Array.from("1111110001101011000111111".split(""), Number); // an island in a ring
  const outlines = maskOutlines(mask, 5, 5);
  assert.deepEqual(outlines.map(({ hole }) => hole), [false, false, true]);
  const twice = outlines.map(({ corners }) => doubleArea(corners));
  assert.deepEqual(twice.map(Math.sign), [1, 1, -1]); // clockwise on the screen is positive
  assert.equal(twice.reduce((sum, area) => sum + area) / 2, 17);
});

Deno.test("a mask of another size is refused", () => {
  assert.throws(() => maskPolygons(new Uint8Array(5), 2, 3), {
    message: "maskOutlines: mask must have 2 × 3 entries, got 5",
  });
});

function doubleArea(corners: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < corners.length; i += 2) {
    const next = (i + 2) % corners.length;
    sum += corners[i] * corners[next + 1] - corners[next] * corners[i + 1];
  }
  return sum;
}

import assert from "node:assert/strict";
import fc from "fast-check";
import { contour } from "../../packages/report/contour.ts";

Deno.test("contour() goes once round a block, and once round its hole the other way", () => {
  assert.equal(contour(Uint8Array.of(0, 0, 0, 1, 1, 0), 2, 3), "M0 1h2v1h-2v-1z");
  const ring = Uint8Array.of(1, 1, 1, 1, 0, 1, 1, 1, 1);
  assert.equal(contour(ring, 3, 3), "M0 0h3v3h-3v-3zM1 2h1v-1h-1v1z");
});

Deno.test("contour() parts cells that touch at a corner", () => {
  assert.equal(contour(Uint8Array.of(1, 0, 0, 1), 2, 2), "M0 0h1v1h-1v-1zM1 1h1v1h-1v-1z");
});

Deno.test("filling a contour gives the mask back", () => {
  const anyMask = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(
    ([rows, columns]) =>
      fc.uint8Array({ minLength: rows * columns, maxLength: rows * columns, max: 1 })
        .map((mask) => ({ rows, columns, mask })),
  );
  fc.assert(
    fc.property(anyMask, ({ rows, columns, mask }) => {
      assert.deepEqual(fill(contour(mask, rows, columns), rows, columns), mask);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

/** Even–odd filling: a vertical edge flips all cells to its right. */
function fill(path: string, rows: number, columns: number): Uint8Array {
  const mask = new Uint8Array(rows * columns);
  let [x, y, startX, startY] = [0, 0, 0, 0];
  const down = (to: number) => {
    for (let row = Math.min(y, to); row < Math.max(y, to); row++) {
      for (let column = x; column < columns; column++) mask[row * columns + column] ^= 1;
    }
    y = to;
  };
  for (const [, command, a, b] of path.matchAll(/([Mhvz])(-?\d+)?(?: (-?\d+))?/g)) {
    if (command === "M") [x, y, startX, startY] = [Number(a), Number(b), Number(a), Number(b)];
    if (command === "h") x += Number(a);
    if (command === "v") down(y + Number(a));
    if (command !== "z") continue;
    x = startX; // a last step to the start that is not written
    down(startY);
  }
  return mask;
}

import assert from "node:assert/strict";
import { decodeRle, encodeRle } from "@fiedler/coco";
import { softMasks } from "../../packages/pipeline/soft_masks.ts";
import { assertSame } from "../support/conformance.ts";
import { generator, integers } from "../support/random.ts";

type Grid = readonly [rows: number, columns: number];

/** The connected pieces of a label map: cells that share an edge and a label. */
function piecesOf(labels: Uint32Array, [rows, columns]: Grid): Uint8Array[] {
  const taken = new Uint8Array(labels.length);
  const masks: Uint8Array[] = [];
  for (let start = 0; start < labels.length; start++) {
    if (taken[start]) continue;
    const mask = new Uint8Array(labels.length);
    const visit = (y: number, x: number) => {
      const i = y * columns + x;
      if (y < 0 || x < 0 || y >= rows || x >= columns) return;
      if (taken[i] || labels[i] !== labels[start]) return;
      taken[i] = mask[i] = 1;
      for (const [dy, dx] of [[0, 1], [1, 0], [0, -1], [-1, 0]]) visit(y + dy, x + dx);
    };
    visit(Math.floor(start / columns), start % columns);
    masks.push(mask);
  }
  return masks;
}

/** Grid coordinates of the centres of pixels. */
const centres = (pixels: number, pixelsPerCell: number) =>
  Float64Array.from({ length: pixels }, (_, i) => (i + 0.5) / pixelsPerCell - 0.5);

/** Quarters of a cell: weights are exact, so that ties, on centres and halfway, are ties. */
const quarters = (pixels: number) => Float64Array.from({ length: pixels }, (_, i) => i / 4 - 0.5);

/** The piece of one pixel: enlarge each one-hot map bilinearly, take the largest. */
function bruteForce(masks: readonly Uint8Array[], [rows, columns]: Grid, y: number, x: number) {
  const [row, column] = [Math.min(Math.max(y, 0), rows - 1), Math.min(Math.max(x, 0), columns - 1)];
  const weights = Float64Array.from(
    { length: rows * columns },
    (_, i) =>
      Math.max(0, 1 - Math.abs(Math.floor(i / columns) - row)) *
      Math.max(0, 1 - Math.abs(i % columns - column)),
  );
  const of = (mask: Uint8Array) => weights.filter((_, i) => mask[i] !== 0);
  const sums = masks.map((mask) => of(mask).reduce((sum, weight) => sum + weight, 0));
  const nearest = masks.map((mask) => Math.max(...of(mask)));
  const order = masks.map((_, i) => i);
  order.sort((i, j) => sums[j] - sums[i] || nearest[j] - nearest[i] || i - j);
  return order[0];
}

/** `[height, width]` row-major piece of each pixel, after a check that there is exactly one. */
function pieceOfPixels(counts: readonly number[][], height: number, width: number): Int32Array {
  const owner = new Int32Array(height * width).fill(-1);
  counts.forEach((runs, piece) =>
    decodeRle(runs, height, width).forEach((inside, i) => {
      if (!inside) return;
      assert.equal(owner[i], -1, `pixel ${i} belongs to two pieces`);
      owner[i] = piece;
    })
  );
  assert.equal(owner.indexOf(-1), -1, "each pixel belongs to a piece");
  return owner;
}

const all = (masks: readonly unknown[]) => masks.map((_, i) => i);

const GRIDS: Grid[] = [[1, 1], [1, 7], [6, 1], [2, 2], [5, 8], [9, 6]];

for (const grid of GRIDS) {
  for (const clusters of [2, 4]) {
    const labels = integers(grid[0] * grid[1], { seed: 7 * grid[0] + clusters, limit: clusters });
    const masks = piecesOf(labels, grid);

    for (const places of ["quarters", "centres"] as const) {
      const [height, width] = grid.map((cells) => 4 * cells + 1);
      const of = (pixels: number) =>
        places === "quarters" ? quarters(pixels) : centres(pixels, 3.7);
      const [rowOf, columnOf] = [of(height), of(width)];

      Deno.test(`softMasks() on [${grid}], k = ${clusters}, at ${places}: argmax of one-hot maps`, () => {
        const counts = softMasks(grid, masks, rowOf, columnOf, all(masks));
        const actual = pieceOfPixels(counts, height, width);
        const expected = actual.map((_, i) =>
          bruteForce(masks, grid, rowOf[Math.floor(i / width)], columnOf[i % width])
        );
        assertSame(actual, expected);
        counts.forEach((runs, piece) =>
          assert.deepEqual(
            runs,
            encodeRle(Uint8Array.from(expected, (p) => Number(p === piece)), height, width),
          )
        );
      });
    }
  }
}

Deno.test("softMasks() gives a pixel equally near two pieces of equal weight to the lower index", () => {
  const masks = [Uint8Array.of(0, 1, 1, 0), Uint8Array.of(1, 0, 0, 1)]; // 8-connected pieces
  const at = (y: number, x: number) =>
    softMasks([2, 2], masks, Float64Array.of(y), Float64Array.of(x), [0, 1]);
  // Halfway between the rows both diagonals weigh 1/2 and have a nearest cell.
  assert.deepEqual(at(0.5, 0.25), [[0, 1], [1]]);
  assert.deepEqual(at(0.5, 0.5), [[0, 1], [1]]);
  // Beside it the diagonal of the nearest cell weighs more: 0.4 · 0.25 + 0.6 · 0.75 > 1/2.
  assert.deepEqual(at(0.4, 0.25), [[1], [0, 1]]);
});

Deno.test("softMasks() equals nearest upsampling where all four cells are one piece", () => {
  const grid = [12, 16] as const;
  const labels = Uint32Array.from(
    { length: 192 },
    (_, i) => Number(Math.hypot(Math.floor(i / 16) - 5, i % 16 - 8) < 4.2),
  );
  const masks = piecesOf(labels, grid);
  const [height, width] = [97, 131];
  const rowOf = centres(height, 8);
  const columnOf = centres(width, 8);
  const actual = pieceOfPixels(
    softMasks(grid, masks, rowOf, columnOf, all(masks)),
    height,
    width,
  );
  const clamp = (at: number, size: number) => Math.min(Math.max(at, 0), size - 1);
  let compared = 0;
  actual.forEach((piece, i) => {
    const y = clamp(rowOf[Math.floor(i / width)], 12);
    const x = clamp(columnOf[i % width], 16);
    const around = [Math.floor(y), Math.ceil(y)].flatMap((row) =>
      [Math.floor(x), Math.ceil(x)].map((column) => row * 16 + column)
    );
    const own = masks.findIndex((mask) => mask[Math.round(y) * 16 + Math.round(x)] !== 0);
    if (!around.every((cell) => masks[own][cell] !== 0)) return;
    assert.equal(piece, own);
    compared++;
  });
  assert.ok(compared > actual.length / 2 && compared < actual.length);
});

Deno.test("softMasks() takes any coordinates and gives the wanted masks in their order", () => {
  const grid = [6, 7] as const;
  const labels = integers(42, { seed: 3, limit: 3 });
  const masks = piecesOf(labels, grid);
  const next = generator(5);
  const random = (count: number, cells: number) =>
    Float64Array.from({ length: count }, () => next() * (cells + 2) - 1.5);
  const [rowOf, columnOf] = [random(40, 6), random(50, 7)];
  const counts = softMasks(grid, masks, rowOf, columnOf, all(masks));
  const actual = pieceOfPixels(counts, 40, 50);
  assertSame(
    actual,
    actual.map((_, i) => bruteForce(masks, grid, rowOf[Math.floor(i / 50)], columnOf[i % 50])),
  );
  assert.deepEqual(softMasks(grid, masks, rowOf, columnOf, [4, 1, 4]), [
    counts[4],
    counts[1],
    counts[4],
  ]);
});

Deno.test("softMasks() gives a mask without pixels as background", () => {
  // The only pixels lie in the corners of the grid, the middle cell owns none.
  const labels = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0);
  const masks = [labels.map((label) => 1 - label), labels];
  const corners = Float64Array.of(0, 2);
  assert.deepEqual(softMasks([3, 3], masks, corners, corners, [1, 0]), [[4], [0, 4]]);
});

Deno.test("softMasks() rejects what is not a partition of the grid by pieces", () => {
  const at = Float64Array.of(0);
  const cut = (masks: Uint8Array[], wanted = [0], columnOf = at) => () =>
    softMasks([1, 2], masks, at, columnOf, wanted);
  const masks = [Uint8Array.of(1, 0), Uint8Array.of(0, 1)];
  assert.throws(cut([Uint8Array.of(0), masks[1]]), {
    message: "softMasks: masks[0] must have 2 entries, got 1",
  });
  assert.throws(cut([masks[0], masks[0]]), {
    message: "softMasks: masks 0 and 1 both have cell 0",
  });
  assert.throws(cut([masks[0]]), {
    message: "softMasks: masks must cover the grid, none has cell 1",
  });
  assert.throws(cut(masks, [2]), {
    message: "softMasks: wanted must be 0 to 1, got 2",
  });
  assert.throws(cut(masks, [0], Float64Array.of(NaN)), {
    message: "softMasks: columnOf[0] must be a number, got NaN",
  });
});

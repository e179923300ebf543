import assert from "node:assert/strict";
import {
  connectedComponents,
  MOST_VALUES,
  numberValues,
} from "../../kernels/components/components.ts";
import * as reference from "../../kernels/components/reference.ts";
import { assertSame, conformance } from "../support/conformance.ts";
import { integers } from "../support/random.ts";

/** Rows of characters as values: "." is 0, "#" is 1. */
const drawing = (...lines: string[]) =>
  Uint32Array.from(lines.join(""), (mark) => mark === "#" ? 1 : 0);

/** A one-cell wide path that winds inwards, with a wall of the same width. */
function spiral(size: number): Uint32Array<ArrayBuffer> {
  const map = new Uint32Array(size * size);
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= size || y >= size ? 2 : map[y * size + x];
  let [x, y, dx, dy] = [0, 0, 1, 0];
  for (let turns = 0; turns < 2;) {
    map[y * size + x] = 1;
    const blocked = at(x + dx, y + dy) !== 0 || at(x + 2 * dx, y + 2 * dy) === 1;
    if (blocked) {
      [dx, dy] = [-dy, dx];
      turns++;
    } else {
      [x, y] = [x + dx, y + dy];
      turns = 0;
    }
  }
  return map;
}

const checkerboard = (rows: number, columns: number) =>
  Uint32Array.from(
    { length: rows * columns },
    (_, cell) => (cell % columns + Math.floor(cell / columns)) % 2,
  );

const comb = (rows: number, columns: number) =>
  Uint32Array.from(
    { length: rows * columns },
    (_, cell) => Math.floor(cell / columns) === rows - 1 || cell % columns % 2 === 0 ? 1 : 0,
  );

/** Columns as rows. */
const turned = (map: Uint32Array<ArrayBuffer>, rows: number, columns: number) =>
  map.map((_, i) => map[(i % rows) * columns + Math.floor(i / rows)]);

conformance("connectedComponents()", (test) => {
  const shapes: [string, number, number, Uint32Array<ArrayBuffer>][] = [
    ["1 × 1", 1, 1, Uint32Array.of(1)],
    ["one row", 1, 300, integers(300, { seed: 1, limit: 2 })],
    ["one column", 300, 1, integers(300, { seed: 2, limit: 2 })],
    ["one long run down", 700, 1, new Uint32Array(700).fill(1)],
    ["all ones", 17, 23, new Uint32Array(17 * 23).fill(1)],
    ["all zeros", 9, 11, new Uint32Array(99)],
    ["a checkerboard", 30, 40, checkerboard(30, 40)],
    ["a spiral", 33, 33, spiral(33)],
    ["a spiral of 6,561 cells", 81, 81, spiral(81)],
    ["a comb of 6,000 cells", 75, 80, comb(75, 80)],
    ["a comb on its side", 80, 75, turned(comb(75, 80), 75, 80)],
    ["a comb", 21, 31, comb(21, 31)],
    ["a comb upside down", 21, 31, comb(21, 31).reverse()],
    ["five labels at random", 30, 40, integers(1200, { seed: 3, limit: 5 })],
    ["two labels at random", 63, 65, integers(63 * 65, { seed: 4, limit: 2 })],
    ["a ring and a corner", 4, 5, drawing("###..", "#.#.#", "###.#", "...#.")],
  ];
  for (const [name, rows, columns, map] of shapes) {
    for (const connectivity of [4, 8] as const) {
      for (const background of [undefined, 0]) {
        const ground = background === undefined ? "labels" : "a binary mask";
        test(`splits ${name} as ${ground}, ${connectivity} neighbours`, async (gpu) => {
          const maps = gpu.upload(map, [1, rows, columns]);
          const actual = connectedComponents(gpu, maps, { connectivity, background });
          const expected = reference.connectedComponents(
            map,
            rows,
            columns,
            connectivity,
            background,
          );
          const [components, firsts, counts] = await gpu.readAll([
            actual.components,
            actual.firsts,
            actual.counts,
          ]);
          assertSame(counts, [expected.firsts.length]);
          assertSame(components, expected.components);
          assertSame(firsts.subarray(0, counts[0]), expected.firsts);
        });
      }
    }
  }

  test("keeps the maps of a batch apart", async (gpu) => {
    const [count, rows, columns] = [5, 13, 7];
    const all = integers(count * rows * columns, { seed: 8, limit: 3 });
    const { components, counts } = connectedComponents(
      gpu,
      gpu.upload(all, [count, rows, columns]),
      { connectivity: 8 },
    );
    const expected = Array.from({ length: count }, (_, map) => {
      const one = all.subarray(map * rows * columns, (map + 1) * rows * columns);
      return reference.connectedComponents(one, rows, columns, 8);
    });
    assertSame(await gpu.read(components), expected.flatMap((one) => [...one.components]));
    assertSame(await gpu.read(counts), expected.map((one) => one.firsts.length));
  });

  test("splits a split once more into the same pieces", async (gpu) => {
    const map = integers(20 * 30, { seed: 5, limit: 3 });
    const once = connectedComponents(gpu, gpu.upload(map, [1, 20, 30]));
    const twice = connectedComponents(gpu, once.components);
    assertSame(await gpu.read(twice.components), await gpu.read(once.components));
  });

  test("rejects other neighbourhoods", (gpu) => {
    assert.throws(
      () => connectedComponents(gpu, gpu.empty([1, 2, 2], "u32"), { connectivity: 6 as 4 }),
      { message: "connectedComponents: connectivity must be 4 or 8, got 6" },
    );
  });
});

conformance("numberValues()", (test) => {
  // 63, 64, 65 straddle the workgroup; 64 values are as many as there may be.
  const shapes = [[1, 1, 1], [1, 63, 2], [8, 8, 5], [5, 13, 16], [30, 40, 5], [63, 65, 64]];
  for (const [rows, columns, values] of shapes) {
    test(`numbers ${values} values of [2, ${rows}, ${columns}]`, async (gpu) => {
      const cells = rows * columns;
      const map = integers(2 * cells, { seed: cells, limit: values });
      const actual = numberValues(gpu, gpu.upload(map, [2, rows, columns]), { values });
      const all = await gpu.readAll([actual.components, actual.firsts, actual.counts]);
      for (const i of [0, 1]) {
        const expected = reference.numberValues(map.subarray(i * cells, (i + 1) * cells));
        assertSame(all[0].subarray(i * cells, (i + 1) * cells), expected.components);
        assert.equal(all[2][i], expected.firsts.length);
        const firsts = all[1].subarray(i * cells, i * cells + all[2][i]);
        assertSame(firsts, expected.firsts);
      }
    });
  }

  test("numbers values by where they begin, not by size, and leaves gaps out", async (gpu) => {
    const maps = gpu.upload(Uint32Array.of(9, 9, 2, 9, 63, 2), [1, 2, 3]);
    const { components, firsts, counts } = numberValues(gpu, maps, { values: 64 });
    assertSame(await gpu.read(components), [0, 0, 1, 0, 2, 1]);
    assertSame((await gpu.read(firsts)).subarray(0, 3), [0, 2, 4]);
    assertSame(await gpu.read(counts), [3]);
  });

  test("rejects more values than there is room for, and other shapes", (gpu) => {
    const maps = gpu.zeros([1, 2, 3], "u32");
    assert.throws(() => numberValues(gpu, maps, { values: MOST_VALUES + 1 }), {
      message: "numberValues: values must be at most 64, got 65",
    });
    assert.throws(() => numberValues(gpu, gpu.zeros([2, 3], "u32"), { values: 2 }), {
      message: "numberValues: maps must be [maps, rows, columns], got [2, 3]",
    });
  });
});

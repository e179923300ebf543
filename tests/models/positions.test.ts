import assert from "node:assert/strict";
import { type PositionRule, positionTable } from "@fiedler/models";
import { assertClose, assertSame } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";
import { array, fixture } from "./fixtures.ts";

type Grid = readonly [number, number];
type Table = Extract<PositionRule, { kind: "table" }>;

const { grids }: { grids: Grid[] } = JSON.parse(new TextDecoder().decode(fixture("goldens.json")));
const RESAMPLES = ["size", "scale+0.1"] as const;
const DIM = 3;
const STORED: Table = {
  ...{ kind: "table", table: array("positions_table"), rows: 14, columns: 14 },
  resample: "size",
};

RESAMPLES.forEach((resample, rule) => {
  const goldens = array("positions");
  let at = rule * goldens.length / RESAMPLES.length;
  for (const [rows, columns] of grids) {
    const expected = goldens.slice(at, at += rows * columns * DIM);
    Deno.test(`positionTable() by ${resample} is PyTorch's at ${rows} × ${columns}`, () => {
      const actual = positionTable({ ...STORED, resample }, [rows, columns], DIM);
      // proposals.md §9. 16 f32 sums of values up to 4 round by at most 16 · 2^-24 · 4 < 5e-6.
      assertClose(actual, expected, { absolute: 1e-5 });
    });
  }

  Deno.test(`positionTable() by ${resample} keeps a constant: its weights sum to 1`, () => {
    const flat: Table = { ...STORED, table: new Float32Array(6).fill(0.5), rows: 2, columns: 3 };
    for (const grid of [[1, 1], [2, 4], [7, 3], [40, 5]] as const) {
      const expected = new Float32Array(grid[0] * grid[1]).fill(0.5);
      assertClose(positionTable({ ...flat, resample }, grid, 1), expected, { absolute: 1e-6 });
    }
  });

  Deno.test(`positionTable() by ${resample} turns with its table`, () => {
    const table = uniform(15, { seed: 1 });
    const upright: Table = { kind: "table", table, rows: 3, columns: 5, resample };
    const turned = { ...upright, table: transposed(table, 3, 5), rows: 5, columns: 3 };
    const expected = transposed(positionTable(upright, [4, 9], 1), 4, 9);
    assertClose(positionTable(turned, [9, 4], 1), expected, { absolute: 1e-6 });
  });
});

Deno.test("positionTable() gives a copy of the table at its own grid", () => {
  const actual = positionTable(STORED, [14, 14], DIM);
  assertSame(actual, STORED.table);
  assert.notEqual(actual.buffer, STORED.table.buffer);
});

Deno.test("positionTable() refuses a table of another width", () => {
  for (const grid of [[14, 14], [5, 7]] as const) {
    assert.throws(() => positionTable(STORED, grid, 4), {
      name: "RangeError",
      message: "positions: a table [14 × 14, 4] needs 784 values, got 588",
    });
  }
});

const SPAN = { kind: "span", span: 12, amplitude: 0.3 } as const;

for (const [rows, columns] of [[1, 1], [4, 6], [24, 24], [5, 17]] as const) {
  Deno.test(`positionTable() by span follows the formula at ${rows} × ${columns}`, () => {
    // fixtures/weights/README.md: [sin(y w), cos(y w), sin(x w), cos(x w)], w_m = 10000^(-m / 8).
    const expected: number[] = [];
    const waves = Array.from({ length: 8 }, (_, m) => 10000 ** (-m / 8));
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        for (const t of [(i + 0.5) / rows * 12, (j + 0.5) / columns * 12]) {
          expected.push(...waves.map((w) => 0.3 * Math.sin(t * w)));
          expected.push(...waves.map((w) => 0.3 * Math.cos(t * w)));
        }
      }
    }
    const actual = positionTable(SPAN, [rows, columns], 32);
    assertClose(actual, expected, { absolute: 2 ** -25 }); // one rounding of values below 0.5
  });
}

Deno.test("positionTable() by span has the same middle in every odd grid", () => {
  const middle = positionTable(SPAN, [1, 1], 16);
  for (const [rows, columns] of [[3, 5], [7, 1], [9, 9]] as const) {
    const cell = (rows - 1) / 2 * columns + (columns - 1) / 2;
    const table = positionTable(SPAN, [rows, columns], 16);
    assertClose(table.slice(cell * 16, (cell + 1) * 16), middle, { absolute: 1e-7 });
  }
});

Deno.test("positionTable() by span: rows in the first half, columns in the second", () => {
  const [rows, columns, dim] = [3, 4, 8];
  const table = positionTable(SPAN, [rows, columns], dim);
  const turned = positionTable(SPAN, [columns, rows], dim);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const cell = table.subarray((i * columns + j) * dim, (i * columns + j + 1) * dim);
      const mirror = turned.subarray((j * rows + i) * dim, (j * rows + i + 1) * dim);
      assertSame(cell.subarray(0, 4), mirror.subarray(4));
      assertSame(cell.subarray(4), mirror.subarray(0, 4));
      assertSame(cell.subarray(0, 4), table.subarray(i * columns * dim, i * columns * dim + 4));
    }
  }
});

Deno.test("positionTable() by span scales with its amplitude", () => {
  const doubled = positionTable({ ...SPAN, amplitude: 0.6 }, [2, 3], 8);
  assertSame(doubled, positionTable(SPAN, [2, 3], 8).map((value) => 2 * value));
});

Deno.test("positionTable() by span needs four parts", () => {
  assert.throws(() => positionTable(SPAN, [2, 2], 6), {
    name: "RangeError",
    message: "positions: dim 6 is not a multiple of 4",
  });
});

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, at) => values[at % rows * columns + Math.floor(at / rows)]);
}

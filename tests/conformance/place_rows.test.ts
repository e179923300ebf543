import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import {
  FILLED,
  makePlacement,
  placeRows,
  placeRowsBackward,
  placeRowsBackwardFill,
} from "../../kernels/place_rows/place_rows.ts";
import * as reference from "../../kernels/place_rows/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { generator, uniform } from "../support/random.ts";

/** Every third row of the output is filled; the others come from the input in a random order. */
function shuffledSource(rows: number): Uint32Array {
  const next = generator(rows);
  const order = Array.from({ length: rows }, (_, row) => ({ row, key: next() }))
    .sort((a, b) => a.key - b.key).map(({ row }) => row);
  order.pop(); // one that goes nowhere
  return Uint32Array.from(order.flatMap((row, i) => i % 2 === 0 ? [FILLED, row] : [row]));
}

function operands(rows: number, columns: number) {
  const source = shuffledSource(rows);
  return {
    source,
    x: uniform(rows * columns, { seed: 1 }),
    fill: uniform(columns, { seed: 2 }),
    table: uniform(3 * columns, { seed: 3 }),
    dOut: uniform(source.length * columns, { seed: 4 }),
  };
}

const upload = (gpu: Gpu, values: Float32Array<ArrayBuffer>, columns: number) =>
  gpu.upload(values, [values.length / columns, columns]);

conformance("placeRows()", (test) => {
  // One quad a row, and many; some workgroups of 64 quads; more than 64 rows that are filled.
  for (const [rows, columns] of [[2, 4], [9, 8], [150, 96]]) {
    test(`and its gradients agree with f64 on [${rows}, ${columns}]`, async (gpu) => {
      const { source, x, fill, table, dOut } = operands(rows, columns);
      const placement = makePlacement(gpu, source, rows);
      const d = upload(gpu, dOut, columns);
      const options = { fill: gpu.upload(fill, [columns]), table: upload(gpu, table, columns) };
      const [out, plain, dx, dFill] = await gpu.readAll([
        placeRows(gpu, upload(gpu, x, columns), placement, options),
        placeRows(gpu, upload(gpu, x, columns), placement),
        placeRowsBackward(gpu, d, placement),
        placeRowsBackwardFill(gpu, d, placement),
      ]);
      const sizes = { rows, columns };
      const wanted = reference.placeRows(x, source, { ...sizes, fill, table });
      assertClose(out, wanted, { absolute: 2 ** -23 }); // one addition, of values below 1
      assertSame(plain, reference.placeRows(x, source, sizes));
      const backward = reference.placeRowsBackward(dOut, source, sizes);
      assertSame(dx, backward.dx);
      assertClose(dFill, backward.dFill, { absolute: 2 ** -24 * source.length });
    });
  }

  test("has gradients that finite differences confirm", () => {
    const [rows, columns] = [5, 4];
    const { source, x, fill, table, dOut } = operands(rows, columns);
    const loss = (x: ArrayLike<number>, fill: ArrayLike<number>) =>
      dot(reference.placeRows(x, source, { rows, columns, fill, table }), dOut);
    const { dx, dFill } = reference.placeRowsBackward(dOut, source, { rows, columns });
    assertClose(dx, finiteDifferences((at) => loss(at, fill), x), { absolute: 1e-10 });
    assertClose(dFill, finiteDifferences((at) => loss(x, at), fill), { absolute: 1e-10 });
  });

  test("rejects sources that are no row, or used twice", (gpu) => {
    for (const source of [[0, 3], [1, 1]]) {
      assert.throws(() => makePlacement(gpu, Uint32Array.from(source), 3), {
        name: "RangeError",
        message: "makePlacement: each source must be FILLED or one of 3 rows, each once, got " +
          `${source[1]} for row 1`,
      });
    }
    const placement = makePlacement(gpu, Uint32Array.of(0, FILLED), 1);
    assert.throws(() => placeRows(gpu, gpu.empty([2, 4]), placement), {
      message: "placeRows: x must be [1, columns], got [2, 4]",
    });
    assert.throws(() => placeRows(gpu, gpu.empty([1, 6]), placement), {
      message: "placeRows: columns must be a multiple of 4, got 6",
    });
  });
});

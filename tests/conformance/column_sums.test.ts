import assert from "node:assert/strict";
import { columnSums } from "../../kernels/column_sums/column_sums.ts";
import * as reference from "../../kernels/column_sums/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

conformance("columnSums()", (test) => {
  // Both sides of the 64 rows of a slice, of two and of three stages; ragged workgroups of quads.
  const cases = [[1, 4], [63, 8], [64, 4], [65, 260], [129, 4], [4096, 8], [4097, 12], [9000, 4]];
  for (const [rows, columns] of cases) {
    test(`agrees with f64 on [${rows}, ${columns}]`, async (gpu) => {
      const x = uniform(rows * columns, { seed: rows });
      const out = columnSums(gpu, gpu.upload(x, [rows, columns]));
      assert.deepEqual(out.shape, [columns]);
      // At most 64 roundings a stage, each by 2^-24 of a partial sum of at most 4 √(n/3).
      const stages = Math.ceil(Math.log(rows + 1) / Math.log(64)) + 1;
      assertClose(await gpu.read(out), reference.columnSums(x, columns), {
        absolute: Math.sqrt(64 * stages) * 4 * Math.sqrt(rows / 3) * 2 ** -24,
      });
    });
  }

  test("is exact where partial sums are", async (gpu) => {
    // Whole numbers below 2^24 at every stage; a row lost or counted twice would show.
    const [rows, columns] = [4161, 4];
    const x = Float32Array.from({ length: rows * columns }, (_, at) => at % 97);
    const out = columnSums(gpu, gpu.upload(x, [rows, columns]));
    assertSame(await gpu.read(out), reference.columnSums(x, columns));
  });

  test("of no rows is zero", async (gpu) => {
    assertSame(await gpu.read(columnSums(gpu, gpu.empty([0, 4]))), [0, 0, 0, 0]);
  });

  test("rejects other shapes", (gpu) => {
    assert.throws(() => columnSums(gpu, gpu.empty([4, 6])), {
      name: "ShapeError",
      message: "columnSums: columns must be a multiple of 4, got 6",
    });
  });
});

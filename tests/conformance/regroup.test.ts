import assert from "node:assert/strict";
import * as reference from "../../kernels/regroup/reference.ts";
import { regroup, type Regrouping } from "../../kernels/regroup/regroup.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

/** What the steps are for, on inputs that end with the last element taken. */
const CASES: Readonly<Record<string, { from: readonly number[]; steps: Regrouping }>> = {
  "rows behind the first, of some columns": {
    from: [2, 6, 12],
    steps: { images: 2, rows: 5, columns: 4, base: 12 + 8, image: 72, row: 12 },
  },
  "heads side by side": {
    from: [2, 3, 7, 5],
    steps: { images: 2, rows: 7, columns: 15, image: 105, row: 5, width: 5, group: 35 },
  },
  "channels last, 65 elements in workgroups of 64": {
    from: [1, 13, 5],
    steps: { images: 1, rows: 5, columns: 13, image: 65, row: 1, width: 1, group: 5 },
  },
  "one element": { from: [1], steps: { images: 1, rows: 1, columns: 1, image: 1, row: 1 } },
};

conformance("regroup()", (test) => {
  for (const [name, { from, steps }] of Object.entries(CASES)) {
    test(`agrees with the reference: ${name}`, async (gpu) => {
      const { images, rows, columns } = steps;
      const x = uniform(from.reduce((a, b) => a * b), { seed: 1 });
      const term = uniform(rows * columns, { seed: 2 });
      const out = regroup(gpu, gpu.upload(x, from), steps);
      assert.deepEqual(out.shape, [images, rows, columns]);
      assertSame(await gpu.read(out), reference.regroup(x, steps));
      const sum = regroup(gpu, gpu.upload(x, from), steps, gpu.upload(term, [rows, columns]));
      // One f32 sum: half an ulp, 2^-24 of a value.
      assertClose(await gpu.read(sum), reference.regroup(x, steps, term), { relative: 2 ** -24 });
    });
  }

  test("rejects steps that lead out of the tensor, and groups that do not fit", (gpu) => {
    const x = gpu.empty([2, 6]);
    const steps = { images: 2, rows: 1, columns: 6, image: 6, row: 6 };
    assert.throws(() => regroup(gpu, x, { ...steps, base: 1 }), {
      name: "ShapeError",
      message: "regroup: element 12 is asked for, x has 12",
    });
    assert.throws(() => regroup(gpu, x, { ...steps, width: 4 }), {
      name: "ShapeError",
      message: "regroup: 6 columns are no whole number of groups of 4",
    });
    assert.throws(() => regroup(gpu, x, steps, gpu.empty([6])), {
      name: "ShapeError",
      message: "regroup: term must be [1, 6], got [6]",
    });
  });
});

import assert from "node:assert/strict";
import * as reference from "../../kernels/subsample/reference.ts";
import { subsample, subsampleBackward } from "../../kernels/subsample/subsample.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

conformance("subsample()", (test) => {
  // One pixel, odd and even sides, and outputs of 63, 64 and 65 quads in workgroups of 64.
  const cases = [
    [1, 1, 1, 4],
    [3, 1, 2, 8],
    [1, 14, 17, 4],
    [2, 8, 15, 8],
    [1, 9, 26, 4],
  ] as const;
  for (const sizes of cases) {
    test(`and its adjoint agree with the reference on [${sizes}]`, async (gpu) => {
      const [images, rows, columns, channels] = sizes;
      const x = uniform(images * rows * columns * channels, { seed: rows });
      const out = subsample(gpu, gpu.upload(x, sizes));
      assert.deepEqual(out.shape, [images, Math.ceil(rows / 2), Math.ceil(columns / 2), channels]);
      const expected = reference.subsample(x, sizes);
      assertSame(await gpu.read(out), expected);

      const dOut = uniform(expected.length, { seed: columns });
      const dx = subsampleBackward(gpu, gpu.upload(dOut, out.shape), [rows, columns]);
      assert.deepEqual(dx.shape, [...sizes]);
      const adjoint = reference.subsampleBackward(dOut, sizes);
      assertSame(await gpu.read(dx), adjoint);
      const loss = (at: Float64Array) => dot(reference.subsample(at, sizes), dOut);
      assertClose(adjoint, finiteDifferences(loss, x), { relative: 1e-6 });
    });
  }

  test("rejects other shapes", (gpu) => {
    assert.throws(() => subsample(gpu, gpu.empty([1, 4, 4, 6])), {
      message: "subsample: channels must be a multiple of 4, got 6",
    });
    assert.throws(() => subsampleBackward(gpu, gpu.empty([1, 2, 2, 4]), [5, 4]), {
      name: "ShapeError",
      message: "subsampleBackward: dOut must be [1, 3, 2, 4], got [1, 2, 2, 4]",
    });
  });
});

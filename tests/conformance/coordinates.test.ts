import assert from "node:assert/strict";
import { addCoordinates, addCoordinatesBackward } from "../../kernels/coordinates/coordinates.ts";
import * as reference from "../../kernels/coordinates/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

conformance("addCoordinates()", (test) => {
  // Axes of one pixel, two images, and outputs on both sides of the 64 quads of a workgroup.
  for (const sizes of [[1, 1, 1, 4], [2, 1, 5, 8], [1, 4, 8, 4], [2, 11, 3, 4]] as const) {
    test(`and its adjoint agree with f64 on [${sizes}]`, async (gpu) => {
      const [images, rows, columns, channels] = sizes;
      const features = uniform(images * rows * columns * channels, { seed: rows });
      const out = addCoordinates(gpu, gpu.upload(features, sizes));
      assert.deepEqual(out.shape, [images, rows, columns, channels + 4]);
      const expected = reference.addCoordinates(features, sizes);
      // One division of whole numbers, which WGSL allows to be off by 2.5 ulp of 1.
      assertClose(await gpu.read(out), expected, { absolute: 2e-7 });

      const dOut = uniform(expected.length, { seed: columns });
      const dx = addCoordinatesBackward(gpu, gpu.upload(dOut, out.shape));
      assert.deepEqual(dx.shape, [...sizes]);
      const adjoint = reference.addCoordinatesBackward(dOut, channels);
      assertSame(await gpu.read(dx), adjoint);
      const loss = (at: Float64Array) => dot(reference.addCoordinates(at, sizes), dOut);
      assertClose(adjoint, finiteDifferences(loss, features), { relative: 1e-6 });
    });
  }

  test("ends at exactly −1 and 1", async (gpu) => {
    const [rows, columns] = [7, 50];
    const out = await gpu.read(addCoordinates(gpu, gpu.zeros([1, rows, columns, 4])));
    const corner = (y: number, x: number) => [...out.slice((y * columns + x) * 8).slice(4, 8)];
    assert.deepEqual(corner(0, 0), [-1, -1, 0, 0]);
    assert.deepEqual(corner(0, columns - 1), [1, -1, 0, 0]);
    assert.deepEqual(corner(rows - 1, 0), [-1, 1, 0, 0]);
    assert.deepEqual(corner(3, columns - 1), [1, 0, 0, 0]); // the middle row
  });

  test("rejects other shapes", (gpu) => {
    assert.throws(() => addCoordinates(gpu, gpu.empty([1, 4, 4, 6])), {
      message: "addCoordinates: channels must be a multiple of 4, got 6",
    });
    assert.throws(() => addCoordinatesBackward(gpu, gpu.empty([1, 2, 2, 4])), {
      name: "ShapeError",
      message: "addCoordinatesBackward: dOut needs 4 channels more than a multiple of 4, got 4",
    });
  });
});

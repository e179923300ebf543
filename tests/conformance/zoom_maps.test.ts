import assert from "node:assert/strict";
import * as reference from "../../kernels/zoom_maps/reference.ts";
import { zoomMaps } from "../../kernels/zoom_maps/zoom_maps.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

conformance("zoomMaps()", (test) => {
  // One pixel, sides that differ, and outputs of 63, 64 and 65 quads in workgroups of 64.
  const cases = [
    [1, 1, 1, 4],
    [3, 3, 7, 4],
    [2, 4, 4, 8],
    [1, 5, 13, 4],
    [4, 24, 24, 16],
  ] as const;
  for (const sizes of cases) {
    test(`agrees with f64 on [${sizes}]`, async (gpu) => {
      const [images, rows, columns, channels] = sizes;
      const maps = uniform(images * rows * columns * channels, { seed: rows });
      // The whole map, a corner, the middle, and windows of sides that differ.
      const all = [[0, 0, 1, 1], [0.4, 0.4, 0.6, 0.6], [0.2, 0.1, 0.7, 0.8], [0, 0.3, 0.9, 0.61]];
      const windows = Float32Array.from(all.slice(0, images).flat());
      const out = zoomMaps(gpu, gpu.upload(maps, sizes), gpu.upload(windows, [images, 4]));
      assert.deepEqual(out.shape, [...sizes]);
      // A place is found to some ulp of the size, 24 · 2^-23 < 3e-6, of values between −1 and 1.
      assertClose(await gpu.read(out), reference.zoomMaps(maps, sizes, windows), {
        absolute: 1e-5,
      });
    });
  }

  test("rejects what has no window for each map", (gpu) => {
    assert.throws(() => zoomMaps(gpu, gpu.empty([2, 4, 4, 4]), gpu.empty([1, 4])), {
      name: "ShapeError",
      message: "zoomMaps: windows must be [2, 4], got [1, 4]",
    });
  });
});

import assert from "node:assert/strict";
import { resizeBilinear, resizeNearest } from "../../kernels/resize/resize.ts";
import * as reference from "../../kernels/resize/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

// Up and down, odd ratios, one cell, and sizes on both sides of the 8 × 8 tile.
const SIZES: [[number, number], [number, number]][] = [
  [[1, 1], [5, 9]],
  [[7, 9], [1, 1]],
  [[7, 9], [7, 9]],
  [[8, 8], [16, 24]],
  [[30, 40], [7, 17]],
  [[3, 5], [64, 65]],
];

conformance("resizeNearest()", (test) => {
  for (const [size, outSize] of SIZES) {
    test(`agrees with the reference from [${size}] to [${outSize}]`, async (gpu) => {
      const image = uniform(6 * size[0] * size[1], { seed: outSize[1] });
      const out = resizeNearest(gpu, gpu.upload(image, [2, 3, ...size]), outSize);
      assert.deepEqual(out.shape, [2, 3, ...outSize]);
      assertSame(await gpu.read(out), reference.resizeNearest(image, 6, size, outSize));
    });
  }
});

conformance("resizeBilinear()", (test) => {
  for (const [size, outSize] of SIZES) {
    test(`agrees with f64 from [${size}] to [${outSize}]`, async (gpu) => {
      const image = uniform(6 * size[0] * size[1], { seed: outSize[0] });
      const out = resizeBilinear(gpu, gpu.upload(image, [2, 3, ...size]), outSize);
      // Two weights and three mixes of values below 1, each off by at most 2 · 2^-24 of 2.
      assertClose(await gpu.read(out), reference.resizeBilinear(image, 6, size, outSize), {
        absolute: 1e-6,
      });
    });
  }

  test("gives torch's values", async (gpu) => {
    // torch.nn.functional.interpolate(tensor([[[[1., 2.], [3., 4.]]]]), scale_factor=2,
    // mode="bilinear", align_corners=False), from its documentation.
    const out = resizeBilinear(gpu, gpu.upload(Float32Array.of(1, 2, 3, 4), [1, 1, 2, 2]), [4, 4]);
    // deno-fmt-ignore
    const expected = [
      1, 1.25, 1.75, 2,
      1.5, 1.75, 2.25, 2.5,
      2.5, 2.75, 3.25, 3.5,
      3, 3.25, 3.75, 4,
    ];
    assertSame(await gpu.read(out), expected); // all weights are quarters: exact
  });

  test("rejects an empty result", (gpu) => {
    assert.throws(() => resizeBilinear(gpu, gpu.empty([1, 1, 2, 2]), [0, 4]), {
      message: "resizeBilinear: sides must be whole numbers 1 … 32767, got 0",
    });
  });
});

import assert from "node:assert/strict";
import { enlargeFeatures } from "../../kernels/resize/enlarge_features.ts";
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

conformance("enlargeFeatures()", (test) => {
  const grids: [number, number][] = [[1, 1], [1, 5], [5, 1], [7, 3], [24, 32]];
  for (const grid of grids) {
    const [rows, columns] = grid;
    for (const factor of [1, 2, 3]) {
      // A row of outputs holds 1 … 192 quads: below, at and above the 64 lanes of a workgroup.
      const dim = factor === 2 ? 8 : 4;
      test(`agrees with f64 on a grid [${grid}] enlarged ${factor} times`, async (gpu) => {
        const features = uniform(2 * rows * columns * dim, { seed: rows + factor });
        const out = enlargeFeatures(
          gpu,
          gpu.upload(features, [2, rows * columns, dim]),
          grid,
          factor,
        );
        assert.deepEqual(out.shape, [2, rows * factor * columns * factor, dim]);
        const actual = await gpu.read(out);
        // As for resizeBilinear: two weights and three mixes of values below 1.
        assertClose(actual, reference.enlargeFeatures(features, 2, grid, dim, factor), {
          absolute: 1e-6,
        });
        if (factor === 1) assertSame(actual, features);
        const [outRows, outColumns] = [rows * factor, columns * factor];
        for (const [y, outY] of [[0, 0], [rows - 1, outRows - 1]]) {
          for (const [x, outX] of [[0, 0], [columns - 1, outColumns - 1]]) {
            const from = (y * columns + x) * dim;
            const to = (outY * outColumns + outX) * dim;
            assertSame(actual.slice(to, to + dim), features.slice(from, from + dim));
          }
        }
      });
    }
  }

  test("gives torch's values", async (gpu) => {
    // torch.nn.functional.interpolate(tensor([[[[1., 2.], [3., 4.]]]]), scale_factor=2,
    // mode="bilinear", align_corners=True), from its documentation.
    const features = Float32Array.from({ length: 16 }, (_, i) => 1 + Math.floor(i / 4));
    const out = enlargeFeatures(gpu, gpu.upload(features, [1, 4, 4]), [2, 2], 2);
    // deno-fmt-ignore
    const expected = [
      1, 1.3333, 1.6667, 2,
      1.6667, 2, 2.3333, 2.6667,
      2.3333, 2.6667, 3, 3.3333,
      3, 3.3333, 3.6667, 4,
    ];
    const first = (await gpu.read(out)).filter((_, i) => i % 4 === 0);
    assertClose(first, expected, { absolute: 5e-5 }); // the documentation prints four decimals
  });

  test("reproduces an affine field", async (gpu) => {
    const [rows, columns, factor] = [7, 5, 2];
    const field = (y: number, x: number, channel: number) => 3 * y - 2 * x + channel;
    const sample = (height: number, width: number) =>
      Float32Array.from({ length: height * width * 4 }, (_, i) => {
        const cell = Math.floor(i / 4);
        // Over the unit square, so that both grids sample the same field.
        return field(
          Math.floor(cell / width) / (height - 1),
          (cell % width) / (width - 1),
          i % 4,
        );
      });
    const features = gpu.upload(sample(rows, columns), [1, rows * columns, 4]);
    const out = enlargeFeatures(gpu, features, [rows, columns], factor);
    // Values up to 6: four roundings of 6 · 2^-24 each.
    assertClose(await gpu.read(out), sample(rows * factor, columns * factor), { absolute: 2e-6 });
  });

  test("rejects other shapes and factors", (gpu) => {
    assert.throws(() => enlargeFeatures(gpu, gpu.empty([1, 5, 4]), [2, 3], 2), {
      message: "enlargeFeatures: features must be [images, 2 × 3, dim], got [1, 5, 4]",
    });
    assert.throws(() => enlargeFeatures(gpu, gpu.empty([1, 6, 6]), [2, 3], 2), {
      message: "enlargeFeatures: dim must be a multiple of 4, got 6",
    });
    assert.throws(() => enlargeFeatures(gpu, gpu.empty([1, 6, 4]), [2, 3], 1.5), {
      message: "enlargeFeatures: factor must be a whole number from 1 on, got 1.5",
    });
  });
});

import assert from "node:assert/strict";
import { dynamicConv, dynamicConvBackward } from "../../kernels/dynamic_conv/dynamic_conv.ts";
import { gatherRows, gatherRowsBackward } from "../../kernels/dynamic_conv/gather_rows.ts";
import * as reference from "../../kernels/dynamic_conv/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

/** Images in the order of the entries. */
const imagesOf = (counts: readonly number[]) =>
  counts.flatMap((count, image) => new Array<number>(count).fill(image));

conformance("dynamicConv()", (test) => {
  // One entry, entries that are and are no multiple of 4, images without entries, pixels on both
  // sides of a tile of 64, and three slices of 180.
  const cases = [
    { counts: [1], height: 2, width: 2, channels: 4 },
    { counts: [3], height: 7, width: 12, channels: 8 },
    { counts: [0, 4, 0], height: 4, width: 13, channels: 12 },
    { counts: [9, 2], height: 20, width: 27, channels: 64 },
  ];
  for (const { counts, height, width, channels } of cases) {
    test(`agrees with f64 for [${counts}] entries of ${height} × ${width}`, async (gpu) => {
      const imageOf = imagesOf(counts);
      const pixels = height * width;
      const sizes = { imageOf, pixels, channels };
      const kernels = uniform(imageOf.length * channels, { seed: 1 });
      const features = uniform(counts.length * pixels * channels, { seed: 2 });
      const dOut = uniform(imageOf.length * pixels, { seed: 3 });
      const k = gpu.upload(kernels, [imageOf.length, channels]);
      const f = gpu.upload(features, [counts.length, height, width, channels]);
      const d = gpu.upload(dOut, [imageOf.length, height, width]);
      const { dKernels, dFeatures } = dynamicConvBackward(gpu, d, k, f, counts);
      const [z, dk, df] = await gpu.readAll([dynamicConv(gpu, k, f, counts), dKernels, dFeatures]);
      const expected = reference.dynamicConvBackward(dOut, kernels, features, sizes);
      // Sums of n products below 1 lose at most n² · 2^-24 / 2: channels 64, three slices of
      // 180 pixels, entries 9; roundings of random sign stay far below that.
      assertClose(z, reference.dynamicConv(kernels, features, sizes), { absolute: 5e-6 });
      assertClose(dk, expected.dKernels, { absolute: 2e-5 });
      assertClose(df, expected.dFeatures, { absolute: 2e-6 });
    });
  }

  test("has a reference that finite differences confirm", () => {
    const sizes = { imageOf: [0, 0, 2], pixels: 5, channels: 4 };
    const kernels = Float64Array.from(uniform(12, { seed: 1 }));
    const features = Float64Array.from(uniform(60, { seed: 2 }));
    const dOut = uniform(15, { seed: 3 });
    const { dKernels, dFeatures } = reference.dynamicConvBackward(dOut, kernels, features, sizes);
    const loss = (k: Float64Array, f: Float64Array) =>
      dot(reference.dynamicConv(k, f, sizes), dOut);
    // Linear in each argument, so that only the rounding of f64 remains.
    assertClose(dKernels, finiteDifferences((k) => loss(k, features), kernels), { absolute: 1e-9 });
    assertClose(dFeatures, finiteDifferences((f) => loss(kernels, f), features), {
      absolute: 1e-9,
    });
  });

  test("takes a batch without entries", async (gpu) => {
    const features = gpu.upload(uniform(32, { seed: 1 }), [2, 1, 4, 4]);
    const kernels = gpu.empty([0, 4]);
    const logits = dynamicConv(gpu, kernels, features, [0, 0]);
    assert.deepEqual(logits.shape, [0, 1, 4]);
    const { dKernels, dFeatures } = dynamicConvBackward(gpu, logits, kernels, features, [0, 0]);
    assert.deepEqual(dKernels.shape, [0, 4]);
    assertSame(await gpu.read(dFeatures), new Float32Array(32));
  });

  test("refuses counts that do not add up, and sizes that are no multiples of 4", (gpu) => {
    const features = gpu.empty([2, 3, 4, 4]);
    assert.throws(() => dynamicConv(gpu, gpu.empty([3, 4]), features, [1, 1]), {
      message: "dynamicConv: the counts of the images must add up to 3 entries, got 2",
    });
    assert.throws(() => dynamicConv(gpu, gpu.empty([1, 8]), gpu.empty([1, 3, 3, 8]), [1]), {
      message: "dynamicConv: channels and height × width must be multiples of 4, got 8 and 3 × 3",
    });
    assert.throws(() => dynamicConv(gpu, gpu.empty([2, 4]), features, [2]), {
      message: "dynamicConv: features must be [1, height, width, 4], got [2, 3, 4, 4]",
    });
  });
});

conformance("gatherRows()", (test) => {
  // A row that three entries name, rows that none names; an empty index.
  for (const index of [[4, 0, 4, 2, 4], [1], []]) {
    test(`takes rows [${index}] and gives their gradients back`, async (gpu) => {
      const [rows, columns] = [6, 70];
      const x = Float32Array.from({ length: rows * columns }, (_, i) => i);
      // Whole numbers, so that the sums are exact.
      const dOut = Float32Array.from({ length: index.length * columns }, (_, i) => (i * 7) % 101);
      const d = index.length > 0 ? gpu.upload(dOut, [index.length, columns]) : gpu.empty([0, 70]);
      const [out, dx] = await gpu.readAll([
        gatherRows(gpu, gpu.upload(x, [rows, columns]), index),
        gatherRowsBackward(gpu, d, index, rows),
      ]);
      const expected = new Float32Array(rows * columns);
      dOut.forEach((value, at) => {
        expected[index[Math.floor(at / columns)] * columns + at % columns] += value;
      });
      assertSame(
        out,
        dOut.map((_, at) => x[index[Math.floor(at / columns)] * columns + at % columns]),
      );
      assertSame(dx, expected);
    });
  }

  test("refuses an index that is no row", (gpu) => {
    assert.throws(() => gatherRows(gpu, gpu.empty([3, 2]), [0, 3]), {
      message: "gatherRows: an index must be a row from 0 to 2, got 3",
    });
  });
});

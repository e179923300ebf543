import assert from "node:assert/strict";
import { centreRows } from "../../kernels/patch_statistics/centre_rows.ts";
import { patchStatistics } from "../../kernels/patch_statistics/patch_statistics.ts";
import * as reference from "../../kernels/patch_statistics/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { integers, uniform } from "../support/random.ts";

conformance("patchStatistics()", (test) => {
  // One patch, fewer and more than a workgroup of 64, bytes that end within a word.
  for (const [rows, columns, patch] of [[1, 1, 1], [1, 7, 3], [5, 13, 16], [9, 8, 7]] as const) {
    test(`agrees with f64 on ${rows} × ${columns} patches of ${patch}`, async (gpu) => {
      const bytes = rows * columns * patch ** 2 * 3;
      const pictures = [1, 2].map((seed) =>
        Uint8Array.from(integers(bytes, { seed: seed * bytes, limit: 256 }))
      );
      const packed = packPictures(pictures);
      const rgb = gpu.upload(packed, [2, packed.length / 2]);
      const out = await gpu.read(patchStatistics(gpu, rgb, { grid: [rows, columns], patch }));
      const expected = pictures.flatMap((picture) => [
        ...reference.patchStatistics(picture, [rows, columns], patch),
      ]);
      // Sums of levels are whole; 256 squares in f32 lose at most 256 · 2^-24 of their sum, half of
      // it under the root: 8e-6, in practice far less as errors cancel.
      assertClose(out, expected, { relative: 1e-5 });
    });
  }

  test("finds no deviation in a flat picture", async (gpu) => {
    const packed = packPictures([new Uint8Array(3 * 64).fill(200)]);
    const rgb = gpu.upload(packed, [1, packed.length]);
    const out = await gpu.read(patchStatistics(gpu, rgb, { grid: [2, 2], patch: 4 }));
    // 16 · 200 / 16 is exact, and so is the deviation; the means are divided once.
    assertSame(out.filter((_, at) => at % 8 >= 3), new Float32Array(20));
    assertClose(out.filter((_, at) => at % 8 < 3), new Array(12).fill(200 / 255), {
      relative: 2 ** -22,
    });
  });

  test("rejects words that do not hold the grid, and patches without pixels", (gpu) => {
    const rgb = gpu.empty([1, 3], "u32");
    assert.throws(() => patchStatistics(gpu, rgb, { grid: [1, 1], patch: 4 }), {
      message: "patchStatistics: 48 bytes need 12 words, got 3",
    });
    assert.throws(() => patchStatistics(gpu, rgb, { grid: [1, 1], patch: 129 }), {
      message: "patchStatistics: patch must be 1 … 128, got 129",
    });
  });
});

conformance("centreRows()", (test) => {
  // Below, at and above the workgroup of 64 rows; one column and many; several images.
  for (const [images, rows, columns] of [[1, 1, 8], [2, 63, 1], [1, 64, 3], [3, 577, 8]] as const) {
    test(`agrees with f64 on [${images}, ${rows}, ${columns}]`, async (gpu) => {
      const x = uniform(images * rows * columns, { seed: rows, low: 3, high: 5 });
      const out = await gpu.read(centreRows(gpu, gpu.upload(x, [images, rows, columns])));
      const expected = Array.from({ length: images }, (_, i) => [
        ...reference.centreRows(
          x.subarray(i * rows * columns, (i + 1) * rows * columns),
          rows,
          columns,
        ),
      ]).flat();
      // Values up to 5: strided and tree sums of 577 terms lose about 16 ulp of the mean, 5 · 2^-20.
      assertClose(out, expected, { absolute: 5e-6 });
    });
  }

  test("rejects a matrix without images", (gpu) => {
    assert.throws(() => centreRows(gpu, gpu.empty([3, 4])), {
      message: "centreRows: x must be [images, rows, columns], got [3, 4]",
    });
  });
});

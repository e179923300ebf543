import assert from "node:assert/strict";
import { normalisePictures } from "../../kernels/normalise_pictures/normalise_pictures.ts";
import * as reference from "../../kernels/normalise_pictures/reference.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { uniform } from "../support/random.ts";

const mean = [0.485, 0.456, 0.406];
const std = [0.229, 0.224, 0.225];

conformance("normalisePictures()", (test) => {
  // 1, 63, 64 and 65 pixels straddle the workgroup; 3 × 5 pixels end inside a word.
  for (const [height, width] of [[1, 1], [7, 9], [8, 8], [5, 13], [3, 5]] as const) {
    for (const enlarge of [1, 2, 3]) {
      test(`agrees with f64 on [${height}, ${width}] enlarged ${enlarge} times`, async (gpu) => {
        const bytes = height * width * 3;
        const pictures = [1, 2].map((seed) =>
          Uint8Array.from(uniform(bytes, { seed, low: 0, high: 256 }))
        );
        const rgb = gpu.upload(packPictures(pictures), [2, Math.ceil(bytes / 4)]);
        const out = normalisePictures(gpu, rgb, { size: [height, width], mean, std, enlarge });
        assert.deepEqual(out.shape, [2, height * enlarge, width * enlarge, 4]);
        const expected = pictures.flatMap((picture) => [
          ...reference.normalisePictures(picture, [height, width], mean, std, enlarge),
        ]);
        // Two mixes of levels up to 255, a quotient, a difference from a mean below 0.5, a quotient:
        // some six roundings of values up to 1 / 0.224 by 2^-24, and divisions of 2.5 ulp on GPUs.
        assertClose(await gpu.read(out), expected, { absolute: 4e-6 });
      });
    }
  }

  test("rejects words that do not fit, and fractions", (gpu) => {
    const rgb = gpu.empty([1, 12], "u32");
    assert.throws(() => normalisePictures(gpu, rgb, { size: [3, 4], mean, std }), {
      name: "ShapeError",
      message: "normalisePictures: 36 bytes need 9 words, got 12",
    });
    assert.throws(() => normalisePictures(gpu, rgb, { size: [4, 4], mean, std, enlarge: 1.5 }), {
      name: "RangeError",
      message: "normalisePictures: enlarge must be a whole number from 1 on, got 1.5",
    });
  });
});

import assert from "node:assert/strict";
import { maxPool } from "../../kernels/max_pool/max_pool.ts";
import * as reference from "../../kernels/max_pool/reference.ts";
import { assertSame, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

conformance("maxPool()", (test) => {
  // 4, 60, 64 and 68 quads of output lie either side of the workgroup of 64.
  const cases = [
    { images: 1, height: 1, width: 1, channels: 4, size: 1, stride: 1, padding: 0 },
    { images: 1, height: 4, width: 4, channels: 4, size: 2, stride: 2, padding: 0 },
    { images: 3, height: 8, width: 10, channels: 4, size: 3, stride: 2, padding: 1 }, // 60
    { images: 2, height: 7, width: 15, channels: 4, size: 3, stride: 2, padding: 1 }, // 64
    { images: 1, height: 34, width: 4, channels: 8, size: 3, stride: 2, padding: 1 }, // 68
    { images: 2, height: 9, width: 6, channels: 12, size: 4, stride: 3, padding: 2 },
    { images: 1, height: 5, width: 2, channels: 4, size: 3, stride: 1, padding: 1 },
  ];
  for (const input of cases) {
    const { images, height, width, channels, size, stride, padding } = input;
    const shape = [images, height, width, channels];
    test(`picks what f64 picks on [${shape}], size ${size} stride ${stride} padding ${padding}`, async (gpu) => {
      // Below zero, so that a padding of zeros would win.
      const x = uniform(images * height * width * channels, { seed: height, low: -2, high: -1 });
      const out = await gpu.read(maxPool(gpu, gpu.upload(x, shape), input));
      assertSame(out, reference.maxPool(x, input));
    });
  }

  test("rejects what is no window", (gpu) => {
    const x = gpu.empty([1, 5, 5, 4]);
    const refused = (message: string, body: () => unknown, name = "ShapeError") =>
      assert.throws(body, { name, message });
    refused(
      "maxPool: x must be [images, height, width, channels], got [5, 4]",
      () => maxPool(gpu, gpu.empty([5, 4]), { size: 2, stride: 2 }),
    );
    refused(
      "maxPool: channels must be a multiple of 4, got 3",
      () => maxPool(gpu, gpu.empty([1, 5, 5, 3]), { size: 2, stride: 2 }),
    );
    refused(
      "maxPool: a window of 6 pixels exceeds the 5 padded ones",
      () => maxPool(gpu, x, { size: 6, stride: 2 }),
    );
    refused(
      "maxPool: padding 2 is more than half a window of 3",
      () => maxPool(gpu, x, { size: 3, stride: 2, padding: 2 }),
    );
    refused(
      "maxPool: size must be a whole number from 1 on, got 0",
      () => maxPool(gpu, x, { size: 0, stride: 2 }),
      "RangeError",
    );
  });
});

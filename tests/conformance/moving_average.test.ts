import assert from "node:assert/strict";
import { movingAverage } from "../../kernels/moving_average/moving_average.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

conformance("movingAverage()", (test) => {
  // Within a quad, and more than a workgroup of 64 quads.
  for (const count of [1, 1027]) {
    test(`agrees with f64 on ${count} elements`, async (gpu) => {
      const [start, x] = [uniform(count, { seed: 1 }), uniform(count, { seed: 2 })];
      const average = gpu.upload(start, [count]);
      movingAverage(gpu, average, gpu.upload(x, [count]), 0.985);
      const expected = Float64Array.from(start, (value, i) => 0.985 * value + 0.015 * x[i]);
      assertClose(await gpu.read(average), expected, { absolute: 3 * 2 ** -24 });
    });
  }

  test("keeps all, or nothing", async (gpu) => {
    const [start, x] = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
    const [a, b] = [gpu.upload(start, [2]), gpu.upload(x, [2])];
    const kept = gpu.upload(start, [2]);
    movingAverage(gpu, a, b, 0);
    movingAverage(gpu, kept, b, 1);
    const [none, all] = await gpu.readAll([a, kept]);
    assertSame(none, x);
    assertSame(all, start);
  });

  test("rejects other shapes and shares", (gpu) => {
    const average = gpu.zeros([2]);
    assert.throws(() => movingAverage(gpu, average, gpu.zeros([3]), 0.5), {
      name: "ShapeError",
      message: "movingAverage: x must be [2], got [3]",
    });
    assert.throws(() => movingAverage(gpu, average, gpu.zeros([2]), 1.5), {
      name: "RangeError",
      message: "movingAverage: keep must be a number from 0 to 1, got 1.5",
    });
  });
});

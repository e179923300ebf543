import assert from "node:assert/strict";
import { adamWClipped } from "../../kernels/optimiser/adam_w_clipped.ts";
import * as reference from "../../kernels/optimiser/reference.ts";
import * as reduce from "../../kernels/reduce/reference.ts";
import { globalNorm } from "../../kernels/reduce/sum.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

conformance("adamWClipped()", (test) => {
  // Gradients that are clipped and ones that are not; lengths that end within a quad.
  for (const count of [1, 257]) {
    test(`agrees with f64 over 4 steps of ${count} parameters`, async (gpu) => {
      const start = uniform(count, { seed: count });
      const [mean, square] = [new Float64Array(count), new Float64Array(count)];
      const arrays = { parameter: Float64Array.from(start), mean, square };
      const zeros = { mean: gpu.zeros([count]), square: gpu.zeros([count]) };
      const state = { parameter: gpu.upload(start, [count]), ...zeros };
      const numbers = { rate: 0.1, betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1 } as const;
      for (let step = 1; step <= 4; step++) {
        const values = uniform(count, { seed: step, low: -0.1 * step, high: 0.1 * step });
        const gradient = gpu.upload(values, [count]);
        const norm = globalNorm(gpu, [gradient]);
        adamWClipped(gpu, { ...state, gradient }, { ...numbers, step, norm, limit: 0.2 });
        const [clipped] = reduce.clipToNorm([values], 0.2);
        reference.adamW(arrays, clipped, { ...numbers, step });
      }
      const [p, m, v] = await gpu.readAll([state.parameter, state.mean, state.square]);
      // As adamW(), and the norm's own rounding, 20 · 2^-24 of the gradient.
      assertClose(p, arrays.parameter, { absolute: 4 * 40 * 2 ** -24 });
      assertClose(m, arrays.mean, { relative: 40 * 2 ** -24 });
      assertClose(v, arrays.square, { relative: 80 * 2 ** -24 });
    });
  }

  for (const wrong of [NaN, Infinity]) {
    test(`changes nothing where the norm is ${wrong}`, async (gpu) => {
      const start = uniform(5, { seed: 1 });
      const [parameter, gradient] = [gpu.upload(start, [5]), gpu.upload(start, [5])];
      const state = { parameter, gradient, mean: gpu.zeros([5]), square: gpu.zeros([5]) };
      const norm = gpu.upload(Float32Array.of(wrong), [1]);
      adamWClipped(gpu, state, { rate: 1, step: 1, norm, limit: 1 });
      const [p, m, v] = await gpu.readAll([parameter, state.mean, state.square]);
      assertSame(p, start);
      assertSame(m, new Float32Array(5));
      assertSame(v, new Float32Array(5));
    });
  }

  test("refuses a limit of 0, a step before the first, betas of 1, other shapes", (gpu) => {
    const [parameter, gradient] = [gpu.zeros([1]), gpu.zeros([1])];
    const state = { parameter, gradient, mean: gpu.zeros([1]), square: gpu.zeros([1]) };
    const good = { rate: 1, step: 1, norm: gpu.zeros([1]), limit: 1 };
    assert.throws(() => adamWClipped(gpu, state, { ...good, limit: 0 }), {
      name: "RangeError",
      message: "adamWClipped: limit must be above 0, got 0",
    });
    assert.throws(() => adamWClipped(gpu, state, { ...good, step: 0 }), {
      message: "adamWClipped: step must be a whole number from 1 on, got 0",
    });
    assert.throws(() => adamWClipped(gpu, state, { ...good, betas: [1, 0.9] }), {
      message: "adamWClipped: betas must be below 1, got 1 and 0.9",
    });
    assert.throws(() => adamWClipped(gpu, state, { ...good, norm: gpu.zeros([2]) }), {
      name: "ShapeError",
      message: "adamWClipped: norm must be [1], got [2]",
    });
  });
});

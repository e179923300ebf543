import assert from "node:assert/strict";
import { adamW } from "../../kernels/optimiser/adam_w.ts";
import * as reference from "../../kernels/optimiser/reference.ts";
import { sgd } from "../../kernels/optimiser/sgd.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

/** Steps with rates that change, as in a warm-up; the last gradient is exactly zero. */
const RATES = [0.01, 0.2, 0.05, 0.1, 0.1];

function gradientOf(step: number, count: number): Float32Array<ArrayBuffer> {
  return step === RATES.length - 1
    ? new Float32Array(count)
    : uniform(count, { seed: 100 + step, low: -2, high: 2 });
}

conformance("sgd()", (test) => {
  // One quad, and below and above a workgroup of 64 quads; lengths that end within a quad.
  for (const count of [1, 64, 257, 1003]) {
    test(`agrees with f64 over ${RATES.length} steps of ${count} parameters`, async (gpu) => {
      const start = uniform(count, { seed: count });
      const arrays = { parameter: Float64Array.from(start), velocity: new Float64Array(count) };
      const parameter = gpu.upload(start, [count]);
      const velocity = gpu.zeros([count]);
      const numbers = { momentum: 0.9, weightDecay: 0.1 };
      RATES.forEach((rate, step) => {
        const gradient = gradientOf(step, count);
        sgd(gpu, { parameter, gradient: gpu.upload(gradient, [count]), velocity }, {
          rate,
          ...numbers,
        });
        reference.sgd(arrays, gradient, { rate, ...numbers });
      });
      const [p, v] = await gpu.readAll([parameter, velocity]);
      // Five steps of some four roundings, of values below 8, and of 0.9 and 0.1 in f32.
      assertClose(p, arrays.parameter, { absolute: 30 * 8 * 2 ** -24 });
      assertClose(v, arrays.velocity, { absolute: 30 * 8 * 2 ** -24 });
    });
  }

  test("refuses other shapes and negative numbers", (gpu) => {
    const [parameter, other] = [gpu.zeros([2]), gpu.zeros([3])];
    assert.throws(
      () => sgd(gpu, { parameter, gradient: parameter, velocity: other }, { rate: 1 }),
      { message: "sgd: velocity must be [2] as the parameter, got [3]" },
    );
    const velocity = gpu.zeros([2]);
    assert.throws(
      () => sgd(gpu, { parameter, gradient: velocity, velocity }, { rate: -1 }),
      { message: "sgd: rate must be a number from 0 on, got -1" },
    );
  });
});

conformance("adamW()", (test) => {
  for (const count of [1, 64, 257, 1003]) {
    test(`agrees with f64 over ${RATES.length} steps of ${count} parameters`, async (gpu) => {
      const start = uniform(count, { seed: count });
      const arrays = {
        parameter: Float64Array.from(start),
        mean: new Float64Array(count),
        square: new Float64Array(count),
      };
      const parameter = gpu.upload(start, [count]);
      const [mean, square] = [gpu.zeros([count]), gpu.zeros([count])];
      const numbers = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.1 } as const;
      RATES.forEach((rate, index) => {
        const gradient = gradientOf(index, count);
        const step = index + 1;
        const state = { parameter, gradient: gpu.upload(gradient, [count]), mean, square };
        adamW(gpu, state, { rate, step, ...numbers });
        reference.adamW(arrays, gradient, { rate, step, ...numbers });
      });
      const [p, m, v] = await gpu.readAll([parameter, mean, square]);
      // A step moves by up to the rate; the ratio mean / √square loses some 20 ulp, five times.
      assertClose(p, arrays.parameter, { absolute: 5 * 20 * 2 ** -24 });
      assertClose(m, arrays.mean, { absolute: 20 * 2 ** -24 });
      assertClose(v, arrays.square, { relative: 20 * 2 ** -24 });
    });
  }

  test("refuses a step before the first and betas of 1", (gpu) => {
    const [parameter, gradient] = [gpu.zeros([1]), gpu.zeros([1])];
    const state = { parameter, gradient, mean: gpu.zeros([1]), square: gpu.zeros([1]) };
    assert.throws(() => adamW(gpu, state, { rate: 1, step: 0 }), {
      message: "adamW: step must be a whole number from 1 on, got 0",
    });
    assert.throws(() => adamW(gpu, state, { rate: 1, step: 1, betas: [0.9, 1] }), {
      message: "adamW: betas must be below 1, got 0.9 and 1",
    });
  });
});

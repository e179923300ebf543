import assert from "node:assert/strict";
import {
  doubleNearest,
  doubleNearestBackward,
  resizeBilinearBackward,
  resizeBilinearNhwc,
} from "../../kernels/resize/resize_features.ts";
import * as reference from "../../kernels/resize/reference.ts";
import type { FeatureSizes } from "../../kernels/resize/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

conformance("resizeBilinearNhwc()", (test) => {
  // Up and down by whole and odd ratios, single cells, one axis alone; outputs of 63, 64 and 65
  // quads in workgroups of 64.
  const cases: [FeatureSizes, readonly [number, number]][] = [
    [[1, 1, 1, 4], [9, 7]],
    [[2, 7, 9, 8], [1, 1]],
    [[1, 5, 6, 4], [5, 6]],
    [[2, 4, 5, 8], [8, 10]], // × 2
    [[1, 3, 2, 4], [12, 8]], // × 4
    [[2, 6, 8, 4], [3, 4]], // ÷ 2
    [[1, 21, 13, 4], [5, 5]], // most inputs between the taps
    [[1, 3, 5, 4], [8, 8]],
    [[1, 2, 3, 4], [5, 13]],
    [[1, 2, 11, 4], [9, 4]], // up along one axis, down along the other
  ];
  for (const [sizes, outSize] of cases) {
    test(`and its adjoint agree with f64 from [${sizes}] to [${outSize}]`, async (gpu) => {
      const [images, rows, columns, channels] = sizes;
      const x = uniform(count(sizes), { seed: outSize[0] });
      const features = gpu.upload(x, sizes);
      const out = resizeBilinearNhwc(gpu, features, outSize);
      assert.deepEqual(out.shape, [images, ...outSize, channels]);
      const forward = await gpu.read(out);
      const expected = reference.resizeBilinearNhwc(x, sizes, outSize);
      // As for resizeBilinear: two weights and three mixes of values below 1.
      assertClose(forward, expected, { absolute: 1e-6 });

      const dOut = uniform(forward.length, { seed: outSize[1] });
      const result = resizeBilinearBackward(gpu, gpu.upload(dOut, out.shape), [rows, columns]);
      assert.deepEqual(result.shape, [...sizes]);
      const dx = await gpu.read(result);
      const adjoint = reference.resizeBilinearBackward(dOut, sizes, outSize);
      const loss = (at: Float64Array) =>
        dot(reference.resizeBilinearNhwc(at, sizes, outSize), dOut);
      assertClose(adjoint, finiteDifferences(loss, x), { relative: 1e-6 });
      // n terms below 1 with weights that sum to n/2 are rounded n times by 2^-24 of at most n/2,
      // n = 2 · outSize / size at an inner pixel and outSize at one alone.
      const n = [0, 1].map((axis) =>
        Math.min(outSize[axis], 2 * outSize[axis] / sizes[1 + axis] + 2)
      );
      assertClose(dx, adjoint, { absolute: 1e-6 + n[0] * n[1] * (n[0] + n[1]) * 2 ** -26 });

      // ⟨Ax, y⟩ = ⟨x, Aᵀy⟩, up to the roundings above in each of the terms.
      const [left, right] = [dot(forward, dOut), dot(x, dx)];
      assert.ok(Math.abs(left - right) < 1e-6 * x.length, `${left} and ${right}`);
    });
  }

  test("doubles and halves as the closed forms say", async (gpu) => {
    const dOut = uniform(2 * 10 * 4, { seed: 1 });
    const doubled = gpu.upload(dOut, [1, 2, 10, 4]);
    const dx = await gpu.read(resizeBilinearBackward(gpu, doubled, [1, 5]));
    const g = (x: number) => dOut[4 * x] + dOut[4 * (10 + x)];
    const expected = Array.from(
      { length: 5 },
      (_, i) =>
        (i === 0 ? g(0) : 0.25 * g(2 * i - 1) + 0.75 * g(2 * i)) +
        (i === 4 ? g(9) : 0.75 * g(2 * i + 1) + 0.25 * g(2 * i + 2)),
    );
    // Sums of five terms below 2.
    assertClose(dx.filter((_, at) => at % 4 === 0), expected, { absolute: 1e-6 });

    const half = gpu.upload(Float32Array.of(4, 8, 12, 16), [1, 1, 1, 4]);
    const spread = await gpu.read(resizeBilinearBackward(gpu, half, [2, 2]));
    assertSame(spread, [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
  });

  test("gathers as many outputs as one invocation may visit", async (gpu) => {
    // All 32767 outputs of a row read its one input.
    const dOut = gpu.upload(new Float32Array(32767 * 4).fill(1), [1, 1, 32767, 4]);
    const dx = await gpu.read(resizeBilinearBackward(gpu, dOut, [1, 1]));
    assertSame(dx, [32767, 32767, 32767, 32767]);
  });

  test("rejects other shapes and sides", (gpu) => {
    assert.throws(() => resizeBilinearNhwc(gpu, gpu.empty([1, 2, 2, 6]), [4, 4]), {
      name: "ShapeError",
      message: "resizeBilinearNhwc: channels must be a multiple of 4, got 6",
    });
    assert.throws(() => resizeBilinearBackward(gpu, gpu.empty([1, 2, 2, 4]), [0, 4]), {
      name: "RangeError",
      message: "resizeBilinearBackward: sides must be whole numbers 1 … 32767, got 0",
    });
  });
});

conformance("doubleNearest()", (test) => {
  for (const sizes of [[1, 1, 1, 4], [2, 3, 5, 8], [1, 1, 16, 4], [3, 2, 11, 4]] as const) {
    test(`and its adjoint agree with f64 on [${sizes}]`, async (gpu) => {
      const [images, rows, columns, channels] = sizes;
      const x = uniform(count(sizes), { seed: rows });
      const out = doubleNearest(gpu, gpu.upload(x, sizes));
      assert.deepEqual(out.shape, [images, 2 * rows, 2 * columns, channels]);
      assertSame(await gpu.read(out), reference.doubleNearest(x, sizes));

      const dOut = uniform(4 * count(sizes), { seed: columns });
      const dx = doubleNearestBackward(gpu, gpu.upload(dOut, out.shape));
      assert.deepEqual(dx.shape, [...sizes]);
      const adjoint = reference.doubleNearestBackward(dOut, sizes);
      assertClose(await gpu.read(dx), adjoint, { absolute: 4 * 2 ** -23 }); // two sums below 4
      const loss = (at: Float64Array) => dot(reference.doubleNearest(at, sizes), dOut);
      assertClose(adjoint, finiteDifferences(loss, x), { relative: 1e-6 });
    });
  }

  test("rejects odd sides", (gpu) => {
    assert.throws(() => doubleNearestBackward(gpu, gpu.empty([1, 4, 5, 4])), {
      name: "ShapeError",
      message: "doubleNearestBackward: dOut must be [1, 4, 4, 4], got [1, 4, 5, 4]",
    });
  });
});

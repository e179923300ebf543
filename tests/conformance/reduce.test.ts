import assert from "node:assert/strict";
import { addTo } from "../../kernels/reduce/accumulate.ts";
import { clipToNorm } from "../../kernels/reduce/clip.ts";
import { ALL_FINITE, firstNotFinite } from "../../kernels/reduce/finite.ts";
import * as reference from "../../kernels/reduce/reference.ts";
import { globalNorm, mean, sum, sumRows } from "../../kernels/reduce/sum.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { integers, uniform } from "../support/random.ts";

/** Sizes on both sides of a workgroup of 64, of one first stage of 1024, and several stages. */
const SIZES = [1, 63, 64, 65, 1023, 1024, 1025, 70_001];

conformance("sum()", (test) => {
  for (const count of SIZES) {
    test(`is exact on ${count} whole numbers`, async (gpu) => {
      // Sums stay below 2^24, so that f32 adds without rounding in any order.
      const x = Float32Array.from(integers(count, { seed: count, limit: 200 }));
      const total = x.reduce((a, b) => a + b, 0);
      const tensor = gpu.upload(x, [count]);
      const [whole, half] = await gpu.readAll([sum(gpu, tensor), sum(gpu, tensor, 0.5)]);
      assertSame(whole, [total]);
      assertSame(half, [total / 2]);
    });
  }

  test("gives the same bits every time", async (gpu) => {
    const x = gpu.upload(uniform(5000, { seed: 1 }), [50, 100]);
    const [first, second] = await gpu.readAll([sum(gpu, x), sum(gpu, x)]);
    assertSame(first, second);
  });

  test("of nothing is 0", async (gpu) => {
    assertSame(await gpu.read(sum(gpu, gpu.empty([0, 3]))), [0]);
  });
});

conformance("mean()", (test) => {
  test("agrees with f64", async (gpu) => {
    const x = uniform(3001, { seed: 2, low: 1, high: 3 });
    const expected = reference.sumRows(x, 1, 3001)[0] / 3001;
    // 16 terms in a row, then trees of 64 and 3: 25 roundings of 2^-24 at most.
    const out = await gpu.read(mean(gpu, gpu.upload(x, [3001])));
    assertClose(out, [expected], { relative: 1.5e-6 });
  });

  test("refuses an empty tensor", (gpu) => {
    assert.throws(() => mean(gpu, gpu.empty([0])), { message: "mean: x has no elements" });
  });
});

conformance("sumRows()", (test) => {
  for (const [rows, columns] of [[1, 1], [3, 63], [2, 64], [5, 200]] as const) {
    test(`agrees with f64 on [${rows}, ${columns}]`, async (gpu) => {
      const x = uniform(rows * columns, { seed: columns + 1 });
      const out = await gpu.read(sumRows(gpu, gpu.upload(x, [rows, columns])));
      // Four terms a lane and a tree of 64: 10 roundings of sums below 200.
      assertClose(out, reference.sumRows(x, rows, columns), { absolute: 10 * 200 * 2 ** -24 });
    });
  }
});

conformance("globalNorm() and clipToNorm()", (test) => {
  const arrays = SIZES.map((count) => uniform(count, { seed: count }));

  // Far above and far below the norm of some 150.
  for (const limit of [1e-3, 10, 1e6]) {
    test(`agree with f64 for a limit of ${limit}`, async (gpu) => {
      const tensors = arrays.map((x) => gpu.upload(x, [x.length]));
      const norm = clipToNorm(gpu, tensors, limit);
      const [found, after, ...clipped] = await gpu.readAll([
        norm,
        globalNorm(gpu, tensors),
        ...tensors,
      ]);
      const expected = reference.globalNorm(arrays);
      // Positive terms: some 40 roundings of 2^-24 of the squares, half of it under the root.
      assertClose(found, [expected], { relative: 2e-6 });
      assertClose(after, [Math.min(limit, expected)], { relative: 4e-6 });
      reference.clipToNorm(arrays, limit).forEach((values, i) => {
        assertClose(clipped[i], values, { relative: 4e-6 });
      });
    });
  }

  test("leave zeros alone", async (gpu) => {
    const zeros = gpu.zeros([5]);
    const norm = clipToNorm(gpu, [zeros], 1);
    const [found, clipped] = await gpu.readAll([norm, zeros]);
    assertSame(found, [0]);
    assertSame(clipped, new Float32Array(5));
  });

  test("refuse a limit that is not positive", (gpu) => {
    assert.throws(() => clipToNorm(gpu, [], 0), {
      message: "clipToNorm: limit must be a positive number, got 0",
    });
  });
});

conformance("addTo()", (test) => {
  test("adds in place", async (gpu) => {
    const total = gpu.upload(Float32Array.from({ length: 70 }, (_, i) => i), [7, 10]);
    addTo(gpu, total, gpu.upload(new Float32Array(70).fill(0.5), [7, 10]));
    assertSame(await gpu.read(total), Float32Array.from({ length: 70 }, (_, i) => i + 0.5));
  });

  test("refuses other shapes", (gpu) => {
    assert.throws(() => addTo(gpu, gpu.empty([2, 3]), gpu.empty([3, 2])), {
      message: "addTo: x must be [2, 3] as the total, got [3, 2]",
    });
  });
});

conformance("firstNotFinite()", (test) => {
  test("tells which tensor holds what kind of trouble, and where first", async (gpu) => {
    const fine = Float32Array.of(0, -0, 3.4e38, 1e-45);
    const late = new Float32Array(40_000);
    late[39_999] = -Infinity;
    const twice = new Float32Array(40_000);
    twice[20_001] = NaN;
    twice[130] = Infinity;
    const tensors = [...[fine, late, twice].map((x) => gpu.upload(x, [x.length])), gpu.empty([0])];
    const first = await gpu.read(firstNotFinite(gpu, tensors));
    assertSame(first, [ALL_FINITE, 39_999, 130, ALL_FINITE]);
  });

  test("sees memory that was never written", async (gpu) => {
    assertSame(await gpu.read(firstNotFinite(gpu, [gpu.empty([3])])), [0]);
  });
});

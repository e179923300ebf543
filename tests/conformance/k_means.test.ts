import assert from "node:assert/strict";
import { kMeans, kMeansDraws } from "../../kernels/k_means/k_means.ts";
import * as reference from "../../kernels/k_means/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { integers, normal, uniform } from "../support/random.ts";

/** `n` points around `k` centres that are some 30 standard deviations apart, in mixed order. */
function blobs(n: number, dims: number, k: number, seed: number) {
  const centres = normal(k * dims, { seed: seed + 1 });
  const noise = normal(n * dims, { seed: seed + 2 });
  const owner = integers(n, { seed: seed + 3, limit: k });
  return noise.map((x, at) => {
    const i = Math.floor(at / dims);
    return 5 + centres[owner[i] * dims + at % dims] + 10 * (owner[i] % 3) + 0.05 * x;
  });
}

conformance("kMeans()", (test) => {
  // n on both sides of the 64 chunks; columns on both sides of a vec4, up to five of them.
  for (
    const [n, dims, columns, k] of [
      [1, 1, 1, 1],
      [63, 2, 2, 2],
      [64, 4, 4, 3],
      [65, 5, 5, 5],
      [300, 8, 3, 4],
      [400, 20, 20, 16],
      [200, 12, 9, 5],
      [200, 16, 16, 5],
    ]
  ) {
    test(`finds the clusters of f64 on [2, ${n}, ${dims}], k = ${k}`, async (gpu) => {
      const restarts = 3;
      const pair = [blobs(n, dims, k, 7), blobs(n, dims, k, 77)];
      const points = Float32Array.from(pair.flatMap((one) => [...one]));
      const { labels, inertia, clusters } = kMeans(gpu, gpu.upload(points, [2, n, dims]), {
        k,
        columns,
        seed: 3,
        restarts,
      });
      const draws = kMeansDraws(k, restarts, 3);
      const expected = pair.map((one) =>
        reference.kMeans(one, n, dims, { k, columns, draws, restarts })
      );
      const [gotLabels, gotInertia, gotClusters] = await gpu.readAll([labels, inertia, clusters]);
      assertSame(gotLabels, expected.flatMap((one) => [...one.labels]));
      assertSame(gotClusters, expected.map((one) => one.clusters));
      // Points near 10 lose 2^-24 · 10 against a spread of 0.05: 1e-5 of a distance.
      assertClose(gotInertia, expected.map((one) => one.inertia), { relative: 1e-4 });
    });
  }

  test("puts points that coincide into one cluster", async (gpu) => {
    const points = gpu.upload(new Float32Array(2 * 90 * 3).fill(0.1), [2, 90, 3]);
    const { labels, inertia, clusters } = kMeans(gpu, points, { k: 5, seed: 0 });
    const [gotLabels, gotInertia, gotClusters] = await gpu.readAll([labels, inertia, clusters]);
    assertSame(gotLabels, new Uint32Array(180));
    assertSame(gotInertia, [0, 0]);
    assertSame(gotClusters, [1, 1]);
  });

  test("leaves clusters empty when there are fewer distinct points than clusters", async (gpu) => {
    const points = Float32Array.from({ length: 100 }, (_, i) => i % 3);
    const { labels, inertia, clusters } = kMeans(gpu, gpu.upload(points, [1, 100, 1]), {
      k: 5,
      seed: 1,
    });
    const [gotLabels, gotInertia, gotClusters] = await gpu.readAll([labels, inertia, clusters]);
    assertSame(gotLabels, points);
    assertClose(gotInertia, [0], { absolute: 1e-9 });
    assertSame(gotClusters, [3]);
  });

  test("refills an empty cluster with the farthest point", async (gpu) => {
    // The third centre is far from all points; 9 is the farthest from its own centre.
    const points = Float32Array.of(0, 1, 2, 9, 20, 21, 22);
    const starts = Float32Array.of(1, 21, 1000);
    const { labels } = kMeans(gpu, gpu.upload(points, [1, 7, 1]), {
      k: 3,
      seed: 0,
      starts: gpu.upload(starts, [1, 3, 1]),
    });
    const expected = reference.kMeans(points, 7, 1, {
      k: 3,
      columns: 1,
      draws: [],
      restarts: 1,
      starts,
    });
    assertSame(await gpu.read(labels), expected.labels);
    assertSame(expected.labels, [0, 0, 0, 1, 2, 2, 2]);
  });

  test("fills several empty clusters, farthest point first", async (gpu) => {
    const points = Float32Array.from({ length: 130 }, (_, i) => i < 126 ? i % 3 : 100 * i);
    const starts = Float32Array.of(1, 5e4, 6e4, 7e4, 8e4);
    const given = { k: 5, seed: 0, starts: gpu.upload(starts, [1, 5, 1]) };
    const { labels } = kMeans(gpu, gpu.upload(points, [1, 130, 1]), given);
    const expected = reference.kMeans(points, 130, 1, {
      k: 5,
      columns: 1,
      draws: [],
      restarts: 1,
      starts,
    });
    assert.equal(expected.clusters, 5);
    assertSame(await gpu.read(labels), expected.labels);
  });

  test("goes on beyond what one dispatch may loop", async (gpu) => {
    // 16 centres spread along a line from one end, 2,100 rounds of loops an iteration: without
    // several dispatches Mesa's software adapter would stop after 31 of the 60 (65,535 rounds).
    const points = uniform(4000, { seed: 6, low: 0 });
    const starts = Float32Array.from({ length: 16 }, (_, c) => c / 4000);
    const given = { k: 16, tolerance: 0, maxIterations: 60, seed: 0 };
    const { inertia } = kMeans(gpu, gpu.upload(points, [1, 4000, 1]), {
      ...given,
      starts: gpu.upload(starts, [1, 16, 1]),
    });
    const expected = reference.kMeans(points, 4000, 1, {
      ...given,
      columns: 1,
      draws: [],
      restarts: 1,
      starts,
    });
    // Few points lie so close to the middle of two centres that rounding decides; one iteration
    // more or less would be 1.7 %.
    assertClose(await gpu.read(inertia), [expected.inertia], { relative: 1e-3 });
  });

  test("does not depend on the other images of the batch", async (gpu) => {
    const [n, dims] = [150, 5];
    const images = [1, 2, 3].map((seed) => normal(n * dims, { seed })); // no clear clusters
    const options = { k: 4, seed: 9, restarts: 4 };
    const all = Float32Array.from(images.flatMap((image) => [...image]));
    const batch = kMeans(gpu, gpu.upload(all, [3, n, dims]), options);
    const single = images.map((image) => kMeans(gpu, gpu.upload(image, [1, n, dims]), options));
    const read = await gpu.readAll([batch.labels, ...single.map(({ labels }) => labels)]);
    assertSame(read[0], read.slice(1).flatMap((labels) => [...labels]));
    const scores = await gpu.readAll([batch.inertia, ...single.map(({ inertia }) => inertia)]);
    assertSame(scores[0], scores.slice(1).flatMap((inertia) => [...inertia]));
  });

  test("rejects what it cannot cluster", (gpu) => {
    const points = gpu.empty([1, 10, 3]);
    assert.throws(() => kMeans(gpu, points, { k: 17, seed: 0 }), {
      message: "kMeans: k must be a whole number 1 … 16, got 17",
    });
    assert.throws(() => kMeans(gpu, points, { k: 2, columns: 4, seed: 0 }), {
      message: "kMeans: columns must be a whole number 1 … 3, got 4",
    });
    assert.throws(() => kMeans(gpu, gpu.empty([10, 3]), { k: 2, seed: 0 }), {
      message: "kMeans: points must be [images, n, dims], got [10, 3]",
    });
  });
});

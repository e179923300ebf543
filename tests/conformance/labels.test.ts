import assert from "node:assert/strict";
import { clusterQr } from "../../kernels/cluster_qr/cluster_qr.ts";
import * as qrReference from "../../kernels/cluster_qr/reference.ts";
import { discretize } from "../../kernels/discretize/discretize.ts";
import * as discretizeReference from "../../kernels/discretize/reference.ts";
import { polarFactor } from "../../kernels/polar_factor/polar_factor.ts";
import * as polarReference from "../../kernels/polar_factor/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { integers, normal } from "../support/random.ts";

conformance("polarFactor()", (test) => {
  for (const block of [4, 8, 12, 16]) {
    test(`agrees with f64 on [3, ${block}, ${block}]`, async (gpu) => {
      const matrices = normal(3 * block * block, { seed: block });
      const out = await gpu.read(polarFactor(gpu, gpu.upload(matrices, [3, block, block])));
      for (let image = 0; image < 3; image++) {
        const cut = (from: Float32Array<ArrayBuffer>) =>
          from.subarray(image * block ** 2, (image + 1) * block ** 2);
        // A rounding of 2^-24 · √block moves the factor by 2 / (σ_n + σ_(n-1)) times as much: the
        // worst of these matrices has 2 / 0.3.
        assertClose(cut(out), polarReference.polarFactor(cut(matrices), block), { absolute: 5e-6 });
      }
    });
  }

  test("takes zeros, the identity, equal rows, graded rows and a lost rank", async (gpu) => {
    const block = 8;
    const random = normal(block * block, { seed: 1 });
    const of = (entry: (c: number, j: number) => number) =>
      Float32Array.from(random, (_, at) => entry(Math.floor(at / block), at % block));
    const cases = [
      of(() => 0),
      of((c, j) => c === j ? -3e9 : 0),
      of(() => 1e-9),
      of((c, j) => random[c * block + j] * 2 ** (-2 * c)),
      of((c, j) => c < 5 && j < 6 ? random[c * block + j] : 0),
      of((c, j) => c === 6 ? random[j] - random[block + j] : random[c * block + j]),
    ];
    for (const matrix of cases) {
      const out = await gpu.read(polarFactor(gpu, gpu.upload(matrix, [1, block, block])));
      assertClose(out, polarReference.polarFactor(matrix, block), { absolute: 5e-6 });
    }
  });

  test("leaves settled images alone and rejects other blocks", async (gpu) => {
    const rows = gpu.upload(normal(2 * 16, { seed: 2 }), [2, 4, 4]);
    const out = gpu.upload(new Float32Array(32).fill(9), [2, 4, 4]);
    const settled = gpu.upload(Uint32Array.of(1, 0), [2]);
    const [kept, all] = await gpu.readAll([
      polarFactor(gpu, rows, { settled, out }),
      polarFactor(gpu, rows),
    ]);
    assertSame(kept.subarray(0, 16), Array(16).fill(9));
    assertSame(kept.subarray(16), all.subarray(16));
    assert.throws(() => polarFactor(gpu, gpu.empty([1, 5, 5])), {
      message: "polarFactor: the block must be 4, 8, 12 or 16, got 5",
    });
  });
});

/** Points along k orthogonal directions of both signs and several lengths, in mixed order. */
function rays(n: number, k: number, seed: number, noise: number): Float32Array<ArrayBuffer> {
  const turn = polarReference.polarFactor(normal(k * k, { seed: seed + 1 }), k);
  const owner = integers(n, { seed: seed + 2, limit: k });
  const size = normal(n, { seed: seed + 3 });
  return normal(n * k, { seed: seed + 4 }).map((x, at) => {
    const i = Math.floor(at / k);
    return (1 + 0.4 * Math.tanh(size[i])) * turn[owner[i] * k + at % k] + noise * x;
  });
}

// n on both sides of the 64 invocations, k on both sides of each vec4.
const SIZES = [[1, 1], [63, 2], [64, 4], [65, 5], [300, 8], [197, 9], [400, 13], [900, 16]];

conformance("clusterQr()", (test) => {
  for (const [n, k] of SIZES) {
    test(`finds the clusters of f64 on [2, ${n}, ${k}]`, async (gpu) => {
      // Clear rays and a cloud: there the first of two pivots of nearly equal reach decides, and
      // these seeds have none within 1e-5.
      const pair = [rays(n, k, 7, 0.05), normal(n * k, { seed: n })];
      const points = Float32Array.from(pair.flatMap((one) => [...one]));
      const found = clusterQr(gpu, gpu.upload(points, [2, n, k]));
      const [labels, clusters] = await gpu.readAll([found.labels, found.clusters]);
      const expected = pair.map((one) => qrReference.clusterQr(one, n, k));
      assertSame(labels, expected.flatMap((one) => [...one]));
      assertSame(clusters, expected.map((one) => new Set(one).size));
    });
  }

  test("takes the first of points that reach equally far", async (gpu) => {
    // Four unit points, twice each; of an axis and its opposite the same cluster comes.
    const points = Float32Array.of(
      0,
      1,
      1,
      0,
      0,
      -1,
      -1,
      0,
      1,
      0,
      0,
      1,
      Math.SQRT1_2,
      Math.SQRT1_2,
    );
    const { labels, clusters } = clusterQr(gpu, gpu.upload(points, [1, 7, 2]));
    const [got, count] = await gpu.readAll([labels, clusters]);
    // The last lies on the diagonal of the first two pivots: it goes to the first of them.
    assertSame(got, [0, 1, 0, 1, 1, 0, 0]);
    assertSame(count, [2]);
  });

  test("gives as many clusters as the points span, and points at the origin a place", async (gpu) => {
    const alike = new Float32Array(90 * 3).fill(0.1);
    const line = Float32Array.from({ length: 90 * 3 }, (_, at) => Math.floor(at / 3) / 7);
    const none = new Float32Array(90 * 3);
    const plane = rays(90, 2, 3, 0.02);
    const three = Float32Array.from(
      { length: 90 * 3 },
      (_, at) => at % 3 === 2 ? 3 * plane[2 * Math.floor(at / 3)] : plane[at - Math.floor(at / 3)],
    );
    const all = Float32Array.from([alike, line, none, three].flatMap((one) => [...one]));
    const found = clusterQr(gpu, gpu.upload(all, [4, 90, 3]));
    const [labels, clusters] = await gpu.readAll([found.labels, found.clusters]);
    assertSame(labels.subarray(0, 270), new Uint32Array(270));
    assertSame(labels.subarray(270), qrReference.clusterQr(three, 90, 3));
    assertSame(clusters, [1, 1, 1, 2]);
  });

  test("does not depend on the unit of the points, and little on their turn", async (gpu) => {
    const [n, k] = [200, 6];
    const points = rays(n, k, 11, 0.05);
    const turn = polarReference.polarFactor(normal(k * k, { seed: 5 }), k);
    const turned = points.map((_, at) => {
      let sum = 0;
      for (let j = 0; j < k; j++) sum += points[Math.floor(at / k) * k + j] * turn[j * k + at % k];
      return sum;
    });
    const tensors = [points, points.map((x) => 2 ** -20 * x), turned];
    const found = tensors.map((one) => clusterQr(gpu, gpu.upload(one, [1, n, k])).labels);
    const [plain, small, other] = await gpu.readAll(found);
    assertSame(small, plain);
    assertSame(other, plain);
  });

  test("rejects what it cannot cluster", (gpu) => {
    assert.throws(() => clusterQr(gpu, gpu.empty([1, 10, 17])), {
      message: "clusterQr: columns must be from 1 to 16, got 17",
    });
    assert.throws(() => clusterQr(gpu, gpu.empty([10, 3])), {
      message: "clusterQr: embedding must be [images, patches, k], got [10, 3]",
    });
  });
});

conformance("discretize()", (test) => {
  for (const [n, k] of SIZES) {
    test(`finds the clusters of f64 on [2, ${n}, ${k}]`, async (gpu) => {
      const start = Math.floor(n / 2);
      const pair = [rays(n, k, 7, 0.05).map(Math.abs), rays(n, k, 8, 0.2)];
      const points = Float32Array.from(pair.flatMap((one) => [...one]));
      const found = discretize(gpu, gpu.upload(points, [2, n, k]), { seed: 0, start });
      const [labels, clusters] = await gpu.readAll([found.labels, found.clusters]);
      const expected = pair.map((one) => discretizeReference.discretize(one, n, k, start));
      assertSame(labels, expected.flatMap((one) => [...one]));
      assertSame(clusters, expected.map((one) => new Set(one).size));
    });
  }

  test("fills clusters that the start leaves empty", async (gpu) => {
    // Of these points patch 23 is taken for the second axis and, farthest from all four so far in
    // the sum, for the fifth again: of two equal axes the second wins nothing.
    const [n, k] = [70, 5];
    const points = normal(n * k, { seed: 111 });
    const expected = discretizeReference.discretize(points, n, k, 0);
    assert.equal(new Set(expected).size, k);
    const found = discretize(gpu, gpu.upload(points, [1, n, k]), { seed: 0, start: 0 });
    assertSame(await gpu.read(found.labels), expected);
  });

  test("takes points that coincide, points at the origin and columns of zeros", async (gpu) => {
    const alike = new Float32Array(80 * 2).fill(0.1);
    const none = new Float32Array(80 * 2);
    const line = Float32Array.from({ length: 160 }, (_, at) => at % 2 ? 0 : at < 80 ? 3 : -2);
    const all = Float32Array.from([alike, none, line].flatMap((one) => [...one]));
    const found = discretize(gpu, gpu.upload(all, [3, 80, 2]), { seed: 0, start: 0 });
    const [labels, clusters] = await gpu.readAll([found.labels, found.clusters]);
    assertSame(labels.subarray(80, 160), new Uint32Array(80));
    for (const [image, points] of [alike, none, line].entries()) {
      const expected = discretizeReference.discretize(points, 80, 2, 0);
      assertSame(labels.subarray(image * 80, (image + 1) * 80), expected);
      assert.equal(clusters[image], new Set(expected).size);
    }
  });

  test("depends on the seed, not on the batch or the signs of columns", async (gpu) => {
    const [n, k] = [150, 5];
    const images = [1, 2, 3].map((seed) => normal(n * k, { seed })); // no clear clusters
    const run = (points: Float32Array<ArrayBuffer>, count: number, seed: number) =>
      discretize(gpu, gpu.upload(points, [count, n, k]), { seed }).labels;
    const all = Float32Array.from(images.flatMap((image) => [...image]));
    const flipped = images[0].map((x, at) => at % k % 2 ? -x : x);
    const [batch, one, two, three, mirror, ...others] = await gpu.readAll([
      run(all, 3, 9),
      ...images.map((image) => run(image, 1, 9)),
      run(flipped, 1, 9),
      ...[1, 2, 3].map((seed) => run(images[0], 1, seed)),
    ]);
    assertSame(batch, [one, two, three].flatMap((labels) => [...labels]));
    assertSame(mirror, one);
    assert.ok(others.some((labels) => labels.some((label, i) => label !== one[i])));
  });

  test("rejects what it cannot cluster", (gpu) => {
    assert.throws(() => discretize(gpu, gpu.empty([1, 10, 17]), { seed: 0 }), {
      message: "discretize: columns must be from 1 to 16, got 17",
    });
    assert.throws(() => discretize(gpu, gpu.empty([1, 10, 3]), { seed: 0, start: 10 }), {
      message: "discretize: start must be from 0 to 9, got 10",
    });
    assert.throws(() => discretize(gpu, gpu.empty([10, 3]), { seed: 0 }), {
      message: "discretize: embedding must be [images, patches, k], got [10, 3]",
    });
  });
});

import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { cosineAffinity } from "../../kernels/affinity/cosine_affinity.ts";
import { invSqrtDegree } from "../../kernels/affinity/inv_sqrt_degree.ts";
import { normalizeAffinity } from "../../kernels/affinity/normalize_affinity.ts";
import * as affinityReference from "../../kernels/affinity/reference.ts";
import { binaryGraph, expandGraph } from "../../kernels/binary_graph/binary_graph.ts";
import { binaryOperator, binaryProduct } from "../../kernels/binary_graph/binary_product.ts";
import * as reference from "../../kernels/binary_graph/reference.ts";
import * as eigenReference from "../../kernels/eigen/reference.ts";
import { BLOCKS, type SymmetricProductOptions } from "../../kernels/eigen/symmetric_product.ts";
import { topEigenvectors } from "../../kernels/eigen/top_eigenvectors.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { normal } from "../support/random.ts";

/** Keys in some clusters, with cosines of all sizes. */
function clustered(images: number, patches: number, dim: number): Float32Array<ArrayBuffer> {
  const centres = normal(5 * dim, { seed: 1 });
  return normal(images * patches * dim, { seed: patches }).map((x, at) => {
    const i = Math.floor(at / dim) % patches;
    return x + 1.2 * centres[Math.floor(5 * i / patches) * dim + at % dim];
  });
}

/** Part of one image. */
const cut = <A extends Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  x: A,
  images: number,
) => {
  const size = x.length / images;
  return (image: number) => x.subarray(image * size, (image + 1) * size) as A;
};

conformance("binaryGraph()", (test) => {
  // Patches on both sides of a word; a batch of more cosines than one block of rows holds.
  for (
    const [images, patches, dim] of [
      [1, 1, 4],
      [2, 31, 3],
      [2, 32, 16],
      [2, 33, 8],
      [1, 65, 6],
      [1, 300, 16],
      [3, 900, 8],
    ]
  ) {
    for (const diagonal of ["dropped", "kept"] as const) {
      test(`has the edges of cosineAffinity() on [${images}, ${patches}, ${dim}], ${diagonal}`, async (gpu) => {
        const keys = clustered(images, patches, dim);
        const tensor = gpu.upload(keys, [images, patches, dim]);
        const cosines = await gpu.read(cosineAffinity(gpu, tensor, { kind: "raw" }));
        // A threshold that is a cosine to the last bit: that edge must be missing from both.
        for (const threshold of [0.1, cosines[Math.floor(0.4 * cosines.length)], -2]) {
          const options = { threshold, diagonal };
          const dense = cosineAffinity(gpu, tensor, { kind: "threshold", ...options });
          const graph = binaryGraph(gpu, tensor, options);
          const [weights, bits, neighbours, scale] = await gpu.readAll([
            dense,
            graph.bits,
            graph.neighbours,
            graph.invSqrtDegree,
          ]);
          for (let image = 0; image < images; image++) {
            const w = cut(weights, images)(image);
            assertSame(cut(bits, images)(image), reference.packEdges(w, patches));
            assertSame(
              cut(neighbours, images)(image),
              Array.from(
                { length: patches },
                (_, i) => w.subarray(i * patches, (i + 1) * patches).filter((x) => x === 1).length,
              ),
            );
            // One addition and one product before the root: 2 ulp.
            assertClose(
              cut(scale, images)(image),
              affinityReference.invSqrtDegree(w, patches),
              { relative: 3e-7 },
            );
          }
        }
      });
    }
  }

  test("agrees with f64 but for cosines within 1e-6 of the threshold", async (gpu) => {
    const [patches, dim] = [200, 12];
    const keys = clustered(1, patches, dim);
    const { bits } = binaryGraph(gpu, gpu.upload(keys, [1, patches, dim]), { threshold: 0.3 });
    const expected = reference.binaryGraph(keys, patches, dim, { threshold: 0.3 });
    const raw = affinityReference.cosineAffinity(keys, patches, dim, { kind: "raw" });
    const actual = await gpu.read(bits);
    let near = 0;
    for (let i = 0; i < patches; i++) {
      for (let j = 0; j < patches; j++) {
        const at = i * 7 + Math.floor(j / 32);
        if (Math.abs(raw[i * patches + j] - 0.3) <= 1e-6) near++;
        else assert.equal(actual[at] >>> (j % 32) & 1, expected.bits[at] >>> (j % 32) & 1);
      }
    }
    assert.ok(near < 10);
  });

  test("takes keys of zeros and a graph without edges", async (gpu) => {
    const keys = Float32Array.of(0, 0, 1, 0, 0, 2);
    const graph = binaryGraph(gpu, gpu.upload(keys, [1, 3, 2]), { threshold: 0.5, epsilon: 0 });
    const [bits, neighbours, scale] = await gpu.readAll([
      graph.bits,
      graph.neighbours,
      graph.invSqrtDegree,
    ]);
    assertSame(bits, [0, 0, 0]);
    assertSame(neighbours, [0, 0, 0]);
    assertSame(scale, [1, 1, 1]);
  });

  test("rejects other shapes and weights", (gpu) => {
    assert.throws(() => binaryGraph(gpu, gpu.empty([3, 4])), {
      message: "binaryGraph: keys must be [images, patches, dim], got [3, 4]",
    });
    assert.throws(() => binaryGraph(gpu, gpu.empty([1, 3, 4]), { epsilon: -1 }), {
      message: "binaryGraph: epsilon must be ≥ 0, got -1",
    });
  });
});

conformance("expandGraph()", (test) => {
  for (const diagonal of ["dropped", "kept"] as const) {
    test(`is the normalised affinity, diagonal ${diagonal}`, async (gpu) => {
      const [images, patches] = [2, 70];
      const tensor = gpu.upload(clustered(images, patches, 8), [images, patches, 8]);
      const dense = cosineAffinity(gpu, tensor, { kind: "threshold", diagonal });
      const scale = invSqrtDegree(gpu, dense);
      const [expected, actual] = await gpu.readAll([
        normalizeAffinity(gpu, dense, scale),
        expandGraph(gpu, binaryGraph(gpu, tensor, { diagonal })),
      ]);
      // Degrees of up to 70 are summed there and counted here: a few ulp.
      assertClose(actual, expected, { relative: 1e-6 });
    });
  }
});

conformance("binaryProduct()", (test) => {
  const check = async (
    gpu: Gpu,
    [images, patches, block]: readonly [number, number, number],
    options: SymmetricProductOptions,
    { epsilon = 0.01, diagonal = "dropped" }: {
      epsilon?: number;
      diagonal?: "dropped" | "kept";
    } = {},
  ) => {
    if (options.broadcast && gpu.adapter.subgroupSize === null) return; // nothing to test
    const keys = gpu.upload(clustered(images, patches, 8), [images, patches, 8]);
    const graph = binaryGraph(gpu, keys, { threshold: 0.1, epsilon, diagonal });
    const x = normal(images * patches * block, { seed: 7 });
    const [out, a] = await gpu.readAll([
      binaryProduct(gpu, graph, gpu.upload(x, [images, patches, block]), {
        shifts: gpu.upload(new Float32Array(images).fill(0.5), [images]),
        ...options,
      }),
      expandGraph(gpu, graph),
    ]);
    for (let image = 0; image < images; image++) {
      const own = cut(x, images)(image);
      const matrix = cut(a, images)(image);
      const expected = eigenReference.symmetricProduct(matrix, own, patches, block, 0.5);
      // Rows of the matrix sum to about 1 over up to 900 random terms; the roundings of the sums
      // and of each entry of the matrix, 2^-24 each, stay below 1e-6 of the largest x, some 4.
      assertClose(cut(out, images)(image), expected, { absolute: 4e-6 });
    }
  };

  for (const broadcast of [false, true]) {
    for (const slices of [1, 8]) {
      const form = `${broadcast ? "broadcast" : "plain"}, ${slices} slices`;
      for (const patches of [1, 31, 32, 33, 65, 197, 900]) {
        test(`agrees with f64 on ${patches} patches, ${form}`, (gpu) =>
          check(gpu, [patches < 100 ? 2 : 1, patches, 16], { broadcast, slices }));
      }
    }
    for (const block of BLOCKS.filter((width) => width !== 16)) {
      test(`agrees with f64 on blocks of ${block}, ${broadcast ? "broadcast" : "plain"}`, (gpu) =>
        check(gpu, [2, 65, block], { broadcast, slices: 3 }));
    }
  }

  for (const rows of [1, 2, 4]) {
    test(`agrees with f64 on ${rows} rows a lane`, (gpu) =>
      check(gpu, [2, 65, 16], { broadcast: true, slices: 2, rows }));
  }

  test("agrees with f64 with the diagonal and large or no weights beside the edges", async (gpu) => {
    for (const epsilon of [0, 1e-5, 0.9]) {
      await check(gpu, [2, 70, 8], {}, { epsilon, diagonal: "kept" });
      await check(gpu, [2, 70, 8], {}, { epsilon, diagonal: "dropped" });
    }
  });

  test("leaves settled images alone", async (gpu) => {
    const keys = gpu.upload(clustered(2, 40, 8), [2, 40, 8]);
    const graph = binaryGraph(gpu, keys);
    const x = gpu.upload(normal(2 * 40 * 4, { seed: 1 }), [2, 40, 4]);
    const out = gpu.upload(new Float32Array(2 * 40 * 4).fill(9), [2, 40, 4]);
    const settled = gpu.upload(Uint32Array.of(3, 0), [2]);
    const [kept, all] = await gpu.readAll([
      binaryProduct(gpu, graph, x, { out, settled }),
      binaryProduct(gpu, graph, x),
    ]);
    assertSame(kept.subarray(0, 160), Array(160).fill(9));
    assertSame(kept.subarray(160), all.subarray(160));
  });

  test("rejects other blocks", (gpu) => {
    const graph = binaryGraph(gpu, gpu.upload(clustered(1, 3, 4), [1, 3, 4]));
    assert.throws(() => binaryProduct(gpu, graph, gpu.empty([1, 3, 5])), {
      message: "binaryProduct: the block must be one of 4, 8, 16, 32, got 5",
    });
  });
});

conformance("topEigenvectors() of a binary graph", (test) => {
  for (const [images, patches] of [[1, 1], [2, 20], [2, 300], [1, 900]]) {
    test(`finds what it finds on the matrix, ${patches} patches`, async (gpu) => {
      const keys = gpu.upload(clustered(images, patches, 16), [images, patches, 16]);
      const dense = cosineAffinity(gpu, keys, { kind: "threshold" });
      const matrix = normalizeAffinity(gpu, dense, invSqrtDegree(gpu, dense));
      const options = { count: 6, iterations: 80 };
      const found = topEigenvectors(gpu, binaryOperator(gpu, binaryGraph(gpu, keys)), options);
      const [values, expected, steps, residuals] = await gpu.readAll([
        found.values,
        topEigenvectors(gpu, matrix, options).values,
        found.steps,
        found.residuals,
      ]);
      assert.ok(steps.every((step) => step > 0), "settled");
      assert.ok(residuals.every((residual) => residual <= 2e-5));
      // Both are settled, and residuals of 2e-5 enter squared: what differs is the rounding of
      // sums of 900 terms.
      assertClose(values, expected, { absolute: 5e-6 });
    });
  }
});

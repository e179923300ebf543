import assert from "node:assert/strict";
import { cosineAffinity } from "../../kernels/affinity/cosine_affinity.ts";
import { invSqrtDegree } from "../../kernels/affinity/inv_sqrt_degree.ts";
import { l2Normalise } from "../../kernels/affinity/l2_normalise.ts";
import { normalizeAffinity } from "../../kernels/affinity/normalize_affinity.ts";
import * as reference from "../../kernels/affinity/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { normal, uniform } from "../support/random.ts";

/** Fails unless `[nodes, nodes]` equals its transpose bit by bit. */
function assertSymmetric(x: Float32Array, nodes: number): void {
  const bits = new Uint32Array(x.buffer);
  assertSame(bits, bits.map((_, at) => bits[at % nodes * nodes + Math.floor(at / nodes)]));
}

conformance("l2Normalise()", (test) => {
  // One lane a row as on CPU adapters, and a tree as on GPUs; rows straddle both workgroups.
  for (const lanes of [1, 32]) {
    for (const [rows, columns] of [[1, 1], [3, 31], [64, 33], [65, 768], [197, 130]]) {
      test(`agrees with f64 on [${rows}, ${columns}], ${lanes} lanes a row`, async (gpu) => {
        const x = normal(rows * columns, { seed: rows });
        const out = l2Normalise(gpu, gpu.upload(x, [rows, columns]), { lanes });
        // A sum of 768 squares in turn is off by 768 · 2^-24 / 2 = 2.3e-5 at the very worst, its
        // root by half; the roundings of random terms cancel to a few ulp.
        assertClose(await gpu.read(out), reference.l2Normalise(x, rows, columns), {
          absolute: 2e-6,
        });
      });
    }
  }

  test("keeps a row of zeros", async (gpu) => {
    const out = l2Normalise(gpu, gpu.upload(Float32Array.of(0, 0, 3, 4), [2, 2]));
    assertClose(await gpu.read(out), [0, 0, 0.6, 0.8], { absolute: 1e-7 });
    const four = l2Normalise(gpu, gpu.upload(Float32Array.of(0, 0, 0, 0, 0, 3, 0, 4), [2, 4]));
    assertClose(await gpu.read(four), [0, 0, 0, 0, 0, 0.6, 0, 0.8], { absolute: 1e-7 });
  });

  test("four columns a load are the same bits as one", async (gpu) => {
    if (!gpu.adapter.texels) return; // that form is not for this adapter
    const x = gpu.upload(normal(65 * 36, { seed: 3 }), [65, 36]);
    const [four, one] = await gpu.readAll([
      l2Normalise(gpu, x),
      l2Normalise(gpu, x, { lanes: 1 }),
    ]);
    assertSame(four, one);
  });
});

conformance("cosineAffinity()", (test) => {
  const kinds = ["relu", "minmax", "threshold", "raw"] as const;
  for (const [images, patches, dim] of [[1, 1, 4], [2, 63, 6], [1, 65, 128], [1, 197, 33]]) {
    const keys = normal(images * patches * dim, { seed: patches });
    for (const kind of kinds) {
      test(`"${kind}" agrees with f64 on [${images}, ${patches}, ${dim}]`, async (gpu) => {
        const diagonal = kind === "minmax" ? "kept" : "dropped";
        const options = { kind, diagonal, threshold: 0.1 } as const;
        const out = await gpu.read(
          cosineAffinity(gpu, gpu.upload(keys, [images, patches, dim]), options),
        );
        for (let image = 0; image < images; image++) {
          const actual = out.slice(image * patches ** 2, (image + 1) * patches ** 2);
          const own = keys.subarray(image * patches * dim, (image + 1) * patches * dim);
          const expected = reference.cosineAffinity(own, patches, dim, options);
          assertSymmetric(actual, patches);
          if (kind !== "threshold") {
            // Unit rows to 2 ulp and a product sum: under 1e-6; min-max divides by about 1.
            assertClose(actual, expected, { absolute: 4e-6 });
            continue;
          }
          // Only a cosine within 1e-6 of the threshold may fall on its other side.
          const raw = reference.cosineAffinity(own, patches, dim, { kind: "raw" });
          actual.forEach((value, at) => {
            if (Math.abs(raw[at] - 0.1) > 1e-6) assert.equal(value, Math.fround(expected[at]));
          });
        }
      });
    }
  }

  test("takes a key of zeros, and keys that are all alike", async (gpu) => {
    const keys = Float32Array.of(0, 0, 1, 0, 0, 2);
    const relu = cosineAffinity(gpu, gpu.upload(keys, [1, 3, 2]), { diagonal: "kept" });
    assertSame(await gpu.read(relu), [0, 0, 0, 0, 1, 0, 0, 0, 1]);
    const alike = gpu.upload(new Float32Array(12).fill(0.3), [1, 4, 3]);
    const minmax = await gpu.read(cosineAffinity(gpu, alike, { kind: "minmax" }));
    assertSame(minmax, minmax.map((_, at) => at % 5 === 0 ? 0 : 1));
  });

  test("does not change when all keys are doubled", async (gpu) => {
    const keys = normal(65 * 16, { seed: 1 });
    const [one, two] = await gpu.readAll([
      cosineAffinity(gpu, gpu.upload(keys, [1, 65, 16])),
      cosineAffinity(gpu, gpu.upload(keys.map((value) => 2 * value), [1, 65, 16])),
    ]);
    assertSame(two, one);
  });

  test("gives an image the same bits in any batch", async (gpu) => {
    const keys = normal(3 * 65 * 16, { seed: 2 });
    const third = gpu.upload(keys.slice(2 * 65 * 16), [1, 65, 16]);
    for (const kind of kinds) {
      const [batch, alone] = await gpu.readAll([
        cosineAffinity(gpu, gpu.upload(keys, [3, 65, 16]), { kind }),
        cosineAffinity(gpu, third, { kind }),
      ]);
      assertSame(batch.subarray(2 * 65 * 65), alone);
    }
  });
});

conformance("invSqrtDegree()", (test) => {
  for (const lanes of [1, 32]) {
    for (const nodes of [1, 63, 64, 65, 900]) {
      test(`agrees with f64 on ${nodes} nodes, ${lanes} lanes a row`, async (gpu) => {
        const affinity = uniform(nodes * nodes, { seed: nodes, low: 0 });
        const out = invSqrtDegree(gpu, gpu.upload(affinity, [1, nodes, nodes]), { lanes });
        // Four sums of 225 positive terms, roundings at random: a few ulp; half after the root.
        assertClose(await gpu.read(out), reference.invSqrtDegree(affinity, nodes), {
          relative: 2e-6,
        });
      });
    }
  }

  test("is 1 for a node without neighbours", async (gpu) => {
    const affinity = gpu.upload(Float32Array.of(0, 0, 0, 0, 0, 4, 0, 4, 0), [1, 3, 3]);
    assertSame(await gpu.read(invSqrtDegree(gpu, affinity)), [1, 0.5, 0.5]);
    const four = new Float32Array(16);
    four[7] = four[13] = 0.25;
    const pair = gpu.upload(four, [1, 4, 4]);
    assertSame(await gpu.read(invSqrtDegree(gpu, pair)), [1, 2, 1, 2]);
  });

  test("four columns a load are the same bits as one", async (gpu) => {
    if (!gpu.adapter.texels) return; // that form is not for this adapter
    const affinity = gpu.upload(uniform(2 * 68 * 68, { seed: 3, low: 0 }), [2, 68, 68]);
    const [four, one] = await gpu.readAll([
      invSqrtDegree(gpu, affinity),
      invSqrtDegree(gpu, affinity, { lanes: 1 }),
    ]);
    assertSame(four, one);
  });

  test("rejects matrices that are not square", (gpu) => {
    assert.throws(() => invSqrtDegree(gpu, gpu.empty([1, 3, 4])), {
      message: "invSqrtDegree: affinity must be [images, nodes, nodes], got [1, 3, 4]",
    });
  });
});

conformance("normalizeAffinity()", (test) => {
  for (const [images, nodes] of [[1, 1], [2, 63], [1, 65], [3, 68], [1, 300]]) {
    test(`agrees with f64 on [${images}, ${nodes}, ${nodes}]`, async (gpu) => {
      const keys = normal(images * nodes * 8, { seed: nodes });
      const w = cosineAffinity(gpu, gpu.upload(keys, [images, nodes, 8]));
      const before = await gpu.read(w);
      const scale = invSqrtDegree(gpu, w);
      const [after, scales] = await gpu.readAll([normalizeAffinity(gpu, w, scale), scale]);
      for (let image = 0; image < images; image++) {
        const cut = (x: Float32Array<ArrayBuffer>, size: number) =>
          x.slice(image * size, (image + 1) * size);
        const actual = cut(after, nodes * nodes);
        const expected = reference.normalizeAffinity(
          cut(before, nodes * nodes),
          cut(scales, nodes),
          nodes,
        );
        // Two multiplications: 2^-23 of each element.
        assertClose(actual, expected, { relative: 2e-7 });
        assertSymmetric(actual, nodes);
      }
    });
  }
});

import assert from "node:assert/strict";
import { jacobiEigen } from "../../kernels/eigen/jacobi_eigen.ts";
import { orthonormalise } from "../../kernels/eigen/orthonormalise.ts";
import * as reference from "../../kernels/eigen/reference.ts";
import { spectralEmbedding } from "../../kernels/eigen/spectral_embedding.ts";
import {
  BLOCKS,
  symmetricProduct,
  type SymmetricProductOptions,
} from "../../kernels/eigen/symmetric_product.ts";
import { topEigenvectors } from "../../kernels/eigen/top_eigenvectors.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { normal, uniform } from "../support/random.ts";

/** A random symmetric matrix with eigenvalues in some [-1, 1], of each image another. */
function symmetric(images: number, nodes: number, seed: number): Float32Array<ArrayBuffer> {
  const x = normal(images * nodes * nodes, { seed });
  return x.map((value, at) => {
    const [i, j] = [Math.floor(at / nodes) % nodes, at % nodes];
    return (value + x[at + (j - i) * (nodes - 1)]) / (4 * Math.sqrt(nodes));
  });
}

/** XᵀX of `[nodes, block]`, in f64. */
function gram(x: ArrayLike<number>, nodes: number, block: number): Float64Array {
  const out = new Float64Array(block * block);
  for (let i = 0; i < nodes; i++) {
    for (let a = 0; a < block; a++) {
      for (let b = 0; b < block; b++) out[a * block + b] += x[i * block + a] * x[i * block + b];
    }
  }
  return out;
}

conformance("symmetricProduct()", (test) => {
  const check = async (
    gpu: Parameters<Parameters<typeof test>[1]>[0],
    images: number,
    nodes: number,
    block: number,
    options: SymmetricProductOptions,
  ) => {
    if ((options.broadcast || options.quads) && gpu.adapter.subgroupSize === null) return; // nothing
    const a = symmetric(images, nodes, nodes);
    const x = normal(images * nodes * block, { seed: 7 });
    const out = await gpu.read(symmetricProduct(
      gpu,
      gpu.upload(a, [images, nodes, nodes]),
      gpu.upload(x, [images, nodes, block]),
      { shifts: gpu.upload(new Float32Array(images).fill(0.5), [images]), ...options },
    ));
    for (let image = 0; image < images; image++) {
      const expected = reference.symmetricProduct(
        a.subarray(image * nodes ** 2, (image + 1) * nodes ** 2),
        x.subarray(image * nodes * block, (image + 1) * nodes * block),
        nodes,
        block,
        0.5,
      );
      // Sums of n random terms of standard deviation 0.35 / sqrt(n): roundings add up to some
      // sqrt(n) · 2^-24 · 1 in the worst of 15,000 elements, 2e-6 at n = 900.
      assertClose(
        out.subarray(image * nodes * block, (image + 1) * nodes * block),
        expected,
        { absolute: 4e-6 },
      );
    }
  };

  for (const broadcast of [false, true]) {
    for (const slices of [1, 8]) {
      const form = `${broadcast ? "broadcast" : "plain"}, ${slices} slices`;
      for (const nodes of [1, 63, 64, 65, 197, 900]) {
        test(`agrees with f64 on ${nodes} nodes, ${form}`, async (gpu) => {
          await check(gpu, nodes < 100 ? 2 : 1, nodes, 16, { broadcast, slices });
        });
      }
    }
    for (const block of BLOCKS.filter((width) => width !== 16)) {
      test(`agrees with f64 on blocks of ${block}, ${broadcast ? "broadcast" : "plain"}`, (gpu) =>
        check(gpu, 2, 65, block, { broadcast, slices: 3 }));
    }
  }

  for (const rows of [1, 2, 4]) {
    test(`agrees with f64 on ${rows} rows a lane`, (gpu) =>
      check(gpu, 2, 65, 16, { broadcast: true, slices: 2, rows }));
  }

  for (const block of BLOCKS) {
    test(`four columns a lane are the same bits as one, blocks of ${block}`, async (gpu) => {
      if (gpu.adapter.subgroupSize === null) return; // nothing to test
      // 4, 132 and 260 nodes: less than a lane each, and either side of a chunk of 16 blocks of 8.
      for (const nodes of [4, 132, 260]) {
        const a = gpu.upload(symmetric(2, nodes, nodes), [2, nodes, nodes]);
        const x = gpu.upload(normal(nodes * block, { seed: 7 }), [1, nodes, block]);
        const shifts = gpu.upload(Float32Array.of(0.5, -1), [2]);
        const [one, four] = await gpu.readAll([
          symmetricProduct(gpu, a, x, { shifts, slices: 1, broadcast: true }),
          symmetricProduct(gpu, a, x, { shifts, quads: true }),
        ]);
        assertSame(four, one);
      }
    });
  }

  test("leaves settled images alone and shares one block among all", async (gpu) => {
    for (const nodes of [5, 8]) { // 8: four columns a lane where that is the default
      const a = gpu.upload(symmetric(2, nodes, 1), [2, nodes, nodes]);
      const x = gpu.upload(normal(nodes * 4, { seed: 1 }), [1, nodes, 4]);
      const out = gpu.upload(new Float32Array(2 * nodes * 4).fill(9), [2, nodes, 4]);
      const settled = gpu.upload(Uint32Array.of(3, 0), [2]);
      const [kept, all] = await gpu.readAll([
        symmetricProduct(gpu, a, x, { out, settled }),
        symmetricProduct(gpu, a, x),
      ]);
      assertSame(kept.subarray(0, 4 * nodes), Array(4 * nodes).fill(9));
      assertSame(kept.subarray(4 * nodes), all.subarray(4 * nodes));
    }
  });

  test("rejects other blocks", (gpu) => {
    assert.throws(() => symmetricProduct(gpu, gpu.empty([1, 3, 3]), gpu.empty([1, 3, 5])), {
      message: "symmetricProduct: the block must be one of 4, 8, 16, 32, got 5",
    });
  });
});

conformance("orthonormalise()", (test) => {
  /** Columns that come out must be orthonormal or zero; as many zero as the case says. */
  const assertBasis = (x: Float32Array, nodes: number, block: number, zero: number) => {
    const g = gram(x, nodes, block);
    const live = Array.from({ length: block }, (_, j) => g[j * block + j] > 0.5 ? 1 : 0);
    // Third pass: roundings of 900 products in groups of 113 and one division.
    assertClose(
      g,
      g.map((_, at) => at % (block + 1) === 0 ? live[at % block] : 0),
      { absolute: 2e-6 },
    );
    assert.equal(live.filter((one) => one === 0).length, zero, "columns of zeros");
  };

  for (const block of BLOCKS) {
    for (const nodes of [block, 63, 64, 65, 129, 900]) {
      test(`gives the Gram-Schmidt basis of [${nodes}, ${block}]`, async (gpu) => {
        const x = normal(nodes * block, { seed: nodes + block });
        const out = await gpu.read(orthonormalise(gpu, gpu.upload(x, [1, nodes, block])));
        assertBasis(out, nodes, block, 0);
        // A square Gaussian block has condition numbers of some 10 · block; f32 loses as much.
        assertClose(out, reference.orthonormalise(x, nodes, block), {
          absolute: nodes === block ? 2e-3 : 1e-5,
        });
      });
    }
  }

  for (const subgroup of [false, true]) {
    test(`leaves nothing of columns that are dependent or zero, ${subgroup ? "one subgroup" : "workgroup"}`, async (gpu) => {
      if (subgroup && gpu.adapter.subgroupSize !== 8) return; // nothing to test
      const [nodes, block] = [65, 16];
      const x = normal(nodes * block, { seed: 3 });
      for (let i = 0; i < nodes; i++) {
        const row = x.subarray(i * block, (i + 1) * block);
        row[3] = row[1]; // the same column
        row[5] = 0;
        row[7] = row[0] - 2 * row[2] + row[4]; // in the span of others
        row[9] = -1e6 * row[8];
      }
      const out = await gpu.read(
        orthonormalise(gpu, gpu.upload(x, [1, nodes, block]), { subgroup }),
      );
      assertBasis(out, nodes, block, 4);
      for (const j of [3, 5, 7, 9]) assert.equal(out[j], 0);
    });
  }

  test("is the same bits by a subgroup of 8 as by a workgroup", async (gpu) => {
    if (gpu.adapter.subgroupSize !== 8) return; // nothing to test
    for (const nodes of [1, 15, 64, 65]) {
      const x = gpu.upload(normal(2 * nodes * 16, { seed: nodes }), [2, nodes, 16]);
      const rotation = gpu.upload(normal(2 * 256, { seed: 9 }), [2, 16, 16]);
      const settled = gpu.upload(Uint32Array.of(nodes % 2, 0), [2]);
      const [wide, narrow] = await gpu.readAll([false, true].map((subgroup) => {
        const out = gpu.zeros([2, nodes, 16]);
        return orthonormalise(gpu, x, { rotation, settled, out, subgroup });
      }));
      assertSame(narrow, wide);
    }
  });

  test("rejects a subgroup for other blocks", (gpu) => {
    const x = gpu.empty([1, 3, 8]);
    assert.throws(() => orthonormalise(gpu, x, { subgroup: true }), RangeError);
  });

  test("keeps the direction of a column that is nearly dependent", async (gpu) => {
    const [nodes, block] = [130, 4];
    const x = normal(nodes * block, { seed: 4 });
    for (let i = 0; i < nodes; i++) x[i * block + 2] = x[i * block] + 1e-4 * x[i * block + 2];
    const out = await gpu.read(orthonormalise(gpu, gpu.upload(x, [1, nodes, block])));
    assertBasis(out, nodes, block, 0);
    // The rest is 1e-4 of the column; its f32 rounding 2^-24 turns it by some 6e-4 · a few.
    assertClose(out, reference.orthonormalise(x, nodes, block, 0), { absolute: 2e-3 });
  });

  test("takes blocks with all columns equal, all zero, of one node and more columns", async (gpu) => {
    const cases: [number, number, Float32Array<ArrayBuffer>, number][] = [
      [65, 16, normal(65, { seed: 5 }), 15],
      [65, 16, new Float32Array(65), 16],
      [1, 16, Float32Array.of(-2), 15],
    ];
    for (const [nodes, block, column, zero] of cases) {
      const x = Float32Array.from(
        { length: nodes * block },
        (_, at) => column[Math.floor(at / block)],
      );
      const out = await gpu.read(orthonormalise(gpu, gpu.upload(x, [1, nodes, block])));
      assertBasis(out, nodes, block, zero);
    }
    for (const nodes of [5, 15]) {
      const x = gpu.upload(normal(nodes * 16, { seed: nodes }), [1, nodes, 16]);
      assertBasis(await gpu.read(orthonormalise(gpu, x)), nodes, 16, 16 - nodes);
    }
  });

  test("is not misled by columns of very different length", async (gpu) => {
    const [nodes, block] = [64, 8];
    const x = normal(nodes * block, { seed: 6 }).map((value, at) =>
      value * 100 ** (at % block - 4)
    );
    const out = await gpu.read(orthonormalise(gpu, gpu.upload(x, [1, nodes, block])));
    assertBasis(out, nodes, block, 0);
  });
});

conformance("jacobiEigen()", (test) => {
  /** Eigenvalues against f64, orthonormal vectors, and M v = λ v. */
  const check = (
    matrix: Float32Array,
    values: Float32Array,
    vectors: Float32Array,
    size: number,
    scale: number,
  ) => {
    // Some 7 sweeps of 31 rounds turn each element twice: 434 roundings of 2^-24 at random are
    // 1.2e-6 at one standard deviation for entries of size 1.
    assertClose(values, reference.jacobiEigen(matrix, size).values, { absolute: 5e-6 * scale });
    const identity = Float64Array.from(vectors, (_, at) => at % (size + 1) === 0 ? 1 : 0);
    assertClose(gram(vectors, size, size), identity, { absolute: 5e-6 });
    const product = reference.symmetricProduct(matrix, vectors, size, size);
    assertClose(product, vectors.map((v, at) => v * values[at % size]), { absolute: 8e-6 * scale });
  };

  for (const size of [1, 2, 3, 4, 5, 8, 13, 16, 17, 31, 32]) {
    test(`agrees with f64 on [3, ${size}, ${size}]`, async (gpu) => {
      const matrices = symmetric(3, size, size);
      const { values, vectors } = jacobiEigen(gpu, gpu.upload(matrices, [3, size, size]));
      const [v, x] = await gpu.readAll([values, vectors]);
      for (let image = 0; image < 3; image++) {
        const cut = (from: Float32Array<ArrayBuffer>, length: number) =>
          from.subarray(image * length, (image + 1) * length);
        check(cut(matrices, size ** 2), cut(v, size), cut(x, size ** 2), size, 1);
      }
    });
  }

  test("takes zeros, the identity, equal and graded eigenvalues", async (gpu) => {
    const size = 16;
    const of = (entry: (i: number, j: number) => number) =>
      Float32Array.from(
        { length: size * size },
        (_, at) => entry(Math.floor(at / size), at % size),
      );
    const graded = normal(size * size, { seed: 8 });
    const cases: [Float32Array<ArrayBuffer>, number][] = [
      [of(() => 0), 1],
      [of((i, j) => i === j ? 1 : 0), 1],
      [of(() => 1), size],
      [of((i, j) => i + j === size - 1 ? 1 : 0), 1], // eight times 1, eight times -1
      [of((i, j) => (graded[i * size + j] + graded[j * size + i]) * 2 ** -(i + j)), 4],
    ];
    for (const [matrix, scale] of cases) {
      const { values, vectors } = jacobiEigen(gpu, gpu.upload(matrix, [1, size, size]));
      const [v, x] = await gpu.readAll([values, vectors]);
      check(matrix, v, x, size, scale);
    }
  });
});

/** D^(-1/2) W D^(-1/2) of a graph given by its weights. */
function normalized(nodes: number, weight: (i: number, j: number) => number) {
  const w = Float64Array.from(
    { length: nodes * nodes },
    (_, at) => weight(Math.floor(at / nodes), at % nodes),
  );
  const degree = Float64Array.from(
    { length: nodes },
    (_, i) => w.subarray(i * nodes, (i + 1) * nodes).reduce((a, b) => a + b, 0) || 1,
  );
  return Float32Array.from(
    w,
    (value, at) => value / Math.sqrt(degree[Math.floor(at / nodes)] * degree[at % nodes]),
  );
}

conformance("topEigenvectors()", (test) => {
  const next = (i: number, j: number) => Math.abs(i - j) === 1 ? 1 : 0;
  const clique = (size: number) => (i: number, j: number) =>
    i !== j && Math.floor(i / size) === Math.floor(j / size) ? 1 : 0;
  const bridged = (i: number, j: number) =>
    clique(20)(i, j) || (Math.min(i, j) === 19 && Math.max(i, j) === 20 ? 1 : 0);
  /** The two values of a pair of cliques of m nodes with a bridge, symmetric or antisymmetric. */
  const bridge = (m: number, sign: number) => {
    const [a, b, c] = [(m - 2) / (m - 1), 1 / Math.sqrt(m), sign / m];
    const root = Math.hypot((a - c) / 2, b);
    return [(a + c) / 2 + root, (a + c) / 2 - root];
  };
  const descending = (values: number[]) => values.sort((a, b) => b - a);
  const line = (n: number) => Array.from({ length: n }, (_, k) => k);
  const graphs: { name: string; nodes: number; a: Float32Array<ArrayBuffer>; values: number[] }[] =
    [
      {
        name: "a path of 12",
        nodes: 12,
        a: normalized(12, next),
        values: line(12).map((k) => Math.cos(Math.PI * k / 11)),
      },
      {
        name: "a path of 40",
        nodes: 40,
        a: normalized(40, next),
        values: line(40).map((k) => Math.cos(Math.PI * k / 39)),
      },
      {
        name: "a cycle of 40",
        nodes: 40,
        a: normalized(40, (i, j) => next(i, j) || (Math.abs(i - j) === 39 ? 1 : 0)),
        values: line(40).map((k) => Math.cos(2 * Math.PI * k / 40)),
      },
      {
        name: "a grid of 5 × 9, not normalised",
        nodes: 45,
        a: Float32Array.from({ length: 45 * 45 }, (_, at) => {
          const [i, j] = [Math.floor(at / 45), at % 45];
          const rows = Math.abs(Math.floor(i / 9) - Math.floor(j / 9));
          return rows + Math.abs(i % 9 - j % 9) === 1 ? 0.25 : 0;
        }),
        values: line(45).map((k) =>
          (Math.cos(Math.PI * (Math.floor(k / 9) + 1) / 6) +
            Math.cos(Math.PI * (k % 9 + 1) / 10)) / 2
        ),
      },
      {
        name: "a complete graph of 65",
        nodes: 65,
        a: normalized(65, (i, j) => i === j ? 0 : 1),
        values: [1, ...Array(64).fill(-1 / 64)],
      },
      {
        name: "four cliques of 16",
        nodes: 64,
        a: normalized(64, clique(16)),
        values: [1, 1, 1, 1, ...Array(60).fill(-1 / 15)],
      },
      {
        name: "two cliques of 20 with a bridge",
        nodes: 40,
        a: normalized(40, bridged),
        values: [...bridge(20, 1), ...bridge(20, -1), ...Array(36).fill(-1 / 19)],
      },
      {
        name: "three nodes without neighbours beside a triangle",
        nodes: 6,
        a: normalized(6, (i, j) => i < 3 && j < 3 && i !== j ? 1 : 0),
        values: [1, -0.5, -0.5, 0, 0, 0],
      },
      {
        name: "six nodes, all edges and loops",
        nodes: 6,
        a: new Float32Array(36).fill(1 / 6),
        values: [1, 0, 0, 0, 0, 0],
      },
      {
        name: "a hundred patches that are all alike",
        nodes: 100,
        a: new Float32Array(10000).fill(1 / 100),
        values: [1, ...Array(99).fill(0)],
      },
      { name: "one node", nodes: 1, a: Float32Array.of(0), values: [0] },
      { name: "two nodes", nodes: 2, a: Float32Array.of(0, 1, 1, 0), values: [1, -1] },
    ];
  for (const { name, nodes, a, values } of graphs) {
    test(`finds the known spectrum of ${name}`, async (gpu) => {
      const count = 5;
      const found = topEigenvectors(gpu, gpu.upload(a, [1, nodes, nodes]), {
        count,
        iterations: 150, // the gaps of paths, cycles and grids are small
      });
      const [x, v, r, steps] = await gpu.readAll([
        found.vectors,
        found.values,
        found.residuals,
        found.steps,
      ]);
      const live = Math.min(count, nodes);
      assert.ok(steps[0] > 0, "settled");
      // Residuals of 2e-5 bound the error of a value; here they enter squared, so f32 decides.
      assertClose(v.subarray(0, live), descending([...values]).slice(0, live), { absolute: 5e-6 });
      assertSame(v.subarray(live), Array(count - live).fill(0));
      const g = gram(x, nodes, count);
      assertClose(g, g.map((_, at) => at % (count + 1) === 0 && at % count < live ? 1 : 0), {
        absolute: 4e-6,
      });
      // What the kernel reports is what f64 measures, to the rounding of the product.
      const product = reference.symmetricProduct(a, x, nodes, count);
      for (let j = 0; j < count; j++) {
        let square = 0;
        for (let i = 0; i < nodes; i++) {
          square += (product[i * count + j] - v[j] * x[i * count + j]) ** 2;
        }
        assert.ok(Math.abs(Math.sqrt(square) - r[j]) < 3e-6, `residual ${j}: ${square}, ${r[j]}`);
      }
    });
  }

  test("gives the same to rounding with every block, and marks what did not settle", async (gpu) => {
    const nodes = 65;
    const a = symmetric(1, nodes, 3).map((value, at) => value / 2 + (at % (nodes + 1) ? 0 : 0.4));
    const expected = reference.jacobiEigen(a, nodes).values.slice(0, 4);
    for (const block of BLOCKS) {
      const found = topEigenvectors(gpu, gpu.upload(a, [1, nodes, nodes]), {
        count: 4,
        block,
        iterations: block === 4 ? 3 : 150,
      });
      const [values, steps] = await gpu.readAll([found.values, found.steps]);
      assert.equal(steps[0] > 0, block > 4);
      if (block > 4) assertClose(values, expected, { absolute: 2e-6 });
    }
  });

  test("gives an image the same bits in any batch", async (gpu) => {
    const nodes = 45;
    const quick = graphs.find(({ name }) => name.startsWith("a grid"))!.a;
    const images = [symmetric(1, nodes, 5), quick, new Float32Array(nodes * nodes).fill(1 / nodes)];
    const batch = new Float32Array(3 * nodes * nodes);
    images.forEach((image, at) => batch.set(image, at * nodes * nodes));
    const options = { count: 6, iterations: 12 };
    const together = topEigenvectors(gpu, gpu.upload(batch, [3, nodes, nodes]), options);
    const all = await gpu.readAll([together.vectors, together.values, together.steps]);
    for (const [image, a] of images.entries()) {
      const own = topEigenvectors(gpu, gpu.upload(a, [1, nodes, nodes]), options);
      const alone = await gpu.readAll([own.vectors, own.values, own.steps]);
      alone.forEach((part, k) =>
        assertSame(all[k].subarray(image * part.length, (image + 1) * part.length), part)
      );
    }
  });

  test("rejects more vectors than the block has", (gpu) => {
    assert.throws(() => topEigenvectors(gpu, gpu.empty([1, 9, 9]), { count: 17, block: 16 }), {
      message: "topEigenvectors: count must be a whole number from 1 to 16, got 17",
    });
  });
});

conformance("spectralEmbedding()", (test) => {
  for (const kind of ["sklearn", "dss", "njw"] as const) {
    for (const [images, nodes] of [[1, 1], [2, 63], [1, 65], [1, 900]]) {
      test(`"${kind}" agrees with f64 on ${nodes} nodes`, async (gpu) => {
        const [count, columns] = [6, 4];
        const vectors = normal(images * nodes * count, { seed: nodes });
        const scale = uniform(images * nodes, { seed: 1, low: 0.1 });
        const out = await gpu.read(spectralEmbedding(
          gpu,
          gpu.upload(vectors, [images, nodes, count]),
          gpu.upload(scale, [images, nodes]),
          { kind, columns },
        ));
        const width = kind === "dss" ? 3 : 4;
        for (let image = 0; image < images; image++) {
          const expected = reference.spectralEmbedding(
            vectors.subarray(image * nodes * count, (image + 1) * nodes * count),
            scale.subarray(image * nodes, (image + 1) * nodes),
            nodes,
            count,
            { kind, columns },
          );
          // One product, and for njw a division by a length: 3 ulp.
          assertClose(out.subarray(image * nodes * width, (image + 1) * nodes * width), expected, {
            relative: 4e-7,
          });
        }
      });
    }
  }

  test("takes the first of several largest entries for the sign", async (gpu) => {
    const vectors = gpu.upload(Float32Array.of(0, 1, -2, 0, 2, -1), [1, 3, 2]);
    const ones = gpu.upload(Float32Array.of(1, 1, 1), [1, 3]);
    const out = spectralEmbedding(gpu, vectors, ones, { kind: "sklearn", columns: 2 });
    assertSame(await gpu.read(out), [0, 1, 2, 0, -2, -1]);
  });

  test("rejects more columns than there are vectors", (gpu) => {
    const options = { kind: "dss", columns: 7 } as const;
    assert.throws(() => spectralEmbedding(gpu, gpu.empty([1, 9, 6]), gpu.empty([1, 9]), options), {
      message: "spectralEmbedding: columns must be from 2 to 6, got 7",
    });
  });
});

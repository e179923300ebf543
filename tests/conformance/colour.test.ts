import assert from "node:assert/strict";
import { addColourEdges } from "../../kernels/colour/colour_edges.ts";
import { patchColours } from "../../kernels/colour/patch_colours.ts";
import * as reference from "../../kernels/colour/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { integers, uniform } from "../support/random.ts";

type Grid = readonly [number, number];

/** The two searches, with the levels that addColourEdges documents. */
const SEARCHES = [[20, 2, 2 ** 14], [10, 0.1, 2 ** 15]] as const;

/** `[images, nodes, nodes]`, symmetric. */
function symmetric(images: number, nodes: number): Float32Array<ArrayBuffer> {
  const x = uniform(images * nodes * nodes, { seed: nodes });
  return x.map((value, at) => {
    const [i, j] = [Math.floor(at / nodes) % nodes, at % nodes];
    return i <= j ? value : x[at - i * nodes - j + j * nodes + i];
  });
}

/** `[nodes, 4]` in steps of 1/8, so that many distances tie. */
const coarseColours = (nodes: number) =>
  Float32Array.from(integers(nodes * 4, { seed: nodes, limit: 9 }), (level) => level / 8);

/** What addColourEdges should make of one image. */
function expected(
  affinity: ArrayLike<number>,
  colours: ArrayLike<number>,
  grid: Grid,
  weight: number,
  diagonal: "dropped" | "kept",
): ArrayLike<number> {
  return SEARCHES.reduce((sum, [k, w, levels]) => {
    const links = reference.nearestNeighbours(colours, grid, k, w, levels);
    return reference.addLinks(sum, links, weight, diagonal);
  }, affinity);
}

/** Fails unless `[nodes, nodes]` equals its transpose bit by bit. */
function assertSymmetric(x: Float32Array, nodes: number): void {
  const bits = new Uint32Array(x.buffer, x.byteOffset, x.length);
  assertSame(bits, bits.map((_, at) => bits[at % nodes * nodes + Math.floor(at / nodes)]));
}

conformance("patchColours()", (test) => {
  for (const [rows, columns, patch] of [[1, 1, 1], [1, 7, 3], [5, 13, 16], [9, 8, 7]]) {
    test(`agrees with f64 on ${rows} × ${columns} patches of ${patch}`, async (gpu) => {
      const bytes = rows * columns * patch ** 2 * 3;
      const pictures = [1, 2].map((seed) =>
        Uint8Array.from(integers(bytes, { seed: seed * bytes, limit: 256 }))
      );
      const packed = packPictures(pictures);
      const rgb = gpu.upload(packed, [2, packed.length / 2]);
      const out = await gpu.read(patchColours(gpu, rgb, { grid: [rows, columns], patch }));
      pictures.forEach((picture, image) => {
        const own = out.subarray(image * rows * columns * 4, (image + 1) * rows * columns * 4);
        // An exact sum and one division, which WGSL allows 2.5 ulp.
        assertClose(own, reference.patchColours(picture, [rows, columns], patch), {
          relative: 3e-7,
        });
      });
    });
  }

  test("rejects words that do not hold the grid, and patches without pixels", (gpu) => {
    const rgb = gpu.empty([1, 3], "u32");
    assert.throws(() => patchColours(gpu, rgb, { grid: [1, 1], patch: 4 }), {
      message: "patchColours: 48 bytes need 12 words, got 3",
    });
    assert.throws(() => patchColours(gpu, rgb, { grid: [1, 1], patch: 0 }), {
      message: "patchColours: patch must be 1 … 128, got 0",
    });
  });
});

conformance("addColourEdges()", (test) => {
  // Fewer patches than neighbours; one word of bits and several; many workgroups.
  const grids: Grid[] = [[1, 1], [1, 7], [5, 7], [24, 32]];
  for (const grid of grids) {
    const nodes = grid[0] * grid[1];
    const pictures = {
      random: ["dropped", uniform(nodes * 4, { seed: nodes, low: 0 })],
      coarse: ["kept", coarseColours(nodes)],
      constant: ["dropped", new Float32Array(nodes * 4).fill(0.3)], // purely spatial
    } as const;
    for (const [name, [diagonal, colours]] of Object.entries(pictures)) {
      test(`links ${grid.join(" × ")} patches, ${name}, diagonal ${diagonal}`, async (gpu) => {
        const affinity = symmetric(1, nodes);
        const tensor = gpu.upload(affinity, [1, nodes, nodes]);
        const options = { grid, weight: 0.7, diagonal };
        const out = addColourEdges(gpu, tensor, gpu.upload(colours, [1, nodes, 4]), options);
        assert.equal(out, tensor);
        const actual = await gpu.read(out);
        assertSymmetric(actual, nodes);
        // Whole numbers decide the links, and 0.7 times 0, 1 or 2 is exact: equal to the bit.
        assertSame(actual, expected(affinity, colours, grid, 0.7, diagonal));
      });
    }
  }

  for (const [k, w] of [[1, 2], [9, 0], [20, 2], [10, 0.1], [40, 64]]) {
    test(`gives each patch exactly ${k} links at distance weight ${w}`, async (gpu) => {
      const [grid, nodes]: [Grid, number] = [[5, 13], 65];
      const colours = gpu.upload(coarseColours(nodes), [1, nodes, 4]);
      const out = await gpu.read(addColourEdges(gpu, gpu.zeros([1, nodes, nodes]), colours, {
        ...{ grid, weight: 1, neighbours: [k], distanceWeights: [w], diagonal: "kept" },
      }));
      // Every link is counted twice, at (i, j) and at (j, i).
      assert.equal(out.reduce((sum, value) => sum + value, 0), 2 * k * nodes);
      const full = out.filter((_, at) => at % (nodes + 1) === 0);
      if (w > 0) assertSame(full, full.map(() => 2)); // each is its own nearest
    });
  }

  test("links the neighbours that unrounded distances name", async (gpu) => {
    const [grid, nodes]: [Grid, number] = [[14, 14], 196];
    const colours = uniform(nodes * 4, { seed: 3, low: 0 });
    for (const [k, w] of SEARCHES) {
      const options = { grid, weight: 1, neighbours: [k], distanceWeights: [w] };
      const out = addColourEdges(
        gpu,
        gpu.zeros([1, nodes, nodes]),
        gpu.upload(colours, [1, nodes, 4]),
        options,
      );
      const links = reference.nearestNeighbours(colours, grid, k, w, null);
      const exact = reference.addLinks(new Float64Array(nodes ** 2), links, 1, "dropped");
      const differ = (await gpu.read(out)).filter((value, at) => value !== exact[at]).length;
      // A colour is off by 2^-15 at most: a swap needs two distances closer than that at rank K.
      assert.ok(differ <= 8, `${differ} edges differ`);
    }
  });

  test("clamps more neighbours than there are patches", async (gpu) => {
    const colours = gpu.upload(coarseColours(6), [1, 6, 4]);
    const options = { grid: [2, 3], weight: 0.5, neighbours: [99], distanceWeights: [1] } as const;
    const out = await gpu.read(addColourEdges(gpu, gpu.zeros([1, 6, 6]), colours, options));
    assertSame(out, out.map((_, at) => at % 7 === 0 ? 0 : 1));
  });

  test("leaves the affinity untouched at weight 0", async (gpu) => {
    const affinity = symmetric(1, 35).fill(-0, 0, 1);
    const tensor = gpu.upload(affinity, [1, 35, 35]);
    const colours = gpu.upload(coarseColours(35), [1, 35, 4]);
    const out = await gpu.read(addColourEdges(gpu, tensor, colours, { grid: [5, 7], weight: 0 }));
    assertSame(new Uint32Array(out.buffer), new Uint32Array(affinity.buffer));
  });

  test("gives an image the same bits in any batch", async (gpu) => {
    const [grid, nodes]: [Grid, number] = [[5, 13], 65];
    const affinity = symmetric(3, nodes);
    const colours = uniform(3 * nodes * 4, { seed: 5, low: 0 });
    const batch = addColourEdges(
      gpu,
      gpu.upload(affinity, [3, nodes, nodes]),
      gpu.upload(colours, [3, nodes, 4]),
      { grid, weight: 0.3 },
    );
    const alone = addColourEdges(
      gpu,
      gpu.upload(affinity.slice(2 * nodes ** 2), [1, nodes, nodes]),
      gpu.upload(colours.slice(2 * nodes * 4), [1, nodes, 4]),
      { grid, weight: 0.3 },
    );
    const [three, one] = await gpu.readAll([batch, alone]);
    assertSame(three.subarray(2 * nodes ** 2), one);
  });

  test("rejects sizes that do not fit and options out of range", (gpu) => {
    const [affinity, colours] = [gpu.zeros([1, 6, 6]), gpu.zeros([1, 6, 4])];
    const options = { grid: [2, 3], weight: 1 } as const;
    assert.throws(() => addColourEdges(gpu, affinity, colours, { ...options, grid: [2, 4] }), {
      message: "addColourEdges: affinity [1, 6, 6], colours [1, 6, 4] and a grid of 2 × 4 " +
        "do not fit together",
    });
    assert.throws(() => addColourEdges(gpu, affinity, colours, { ...options, weight: NaN }), {
      message: "addColourEdges: weight must be finite and ≥ 0, got NaN",
    });
    assert.throws(() => addColourEdges(gpu, affinity, colours, { ...options, neighbours: [20] }), {
      message: "addColourEdges: 1 neighbours need as many weights, got 2",
    });
    assert.throws(
      () => addColourEdges(gpu, affinity, colours, { ...options, neighbours: [0, 1] }),
      { message: "addColourEdges: neighbours must be whole numbers ≥ 1, got [0,1]" },
    );
    assert.throws(
      () => addColourEdges(gpu, affinity, colours, { ...options, distanceWeights: [2, 65] }),
      { message: "addColourEdges: distanceWeights must be 0 … 64, got [2,65]" },
    );
  });
});

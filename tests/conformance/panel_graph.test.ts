import assert from "node:assert/strict";
import { ShapeError } from "@fiedler/gpu";
import { cosineAffinity } from "../../kernels/affinity/cosine_affinity.ts";
import { invSqrtDegree } from "../../kernels/affinity/inv_sqrt_degree.ts";
import { normalizeAffinity } from "../../kernels/affinity/normalize_affinity.ts";
import { panelProduct, symmetricProduct } from "../../kernels/eigen/symmetric_product.ts";
import { panelGraph } from "../../kernels/panel_graph/panel_graph.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { normal } from "../support/random.ts";

conformance("panelGraph()", (test) => {
  for (const kind of ["relu", "minmax", "threshold"] as const) {
    for (const diagonal of ["dropped", "kept"] as const) {
      test(`is cosineAffinity() cut into columns: ${kind}, diagonal ${diagonal}`, async (gpu) => {
        const [images, patches, dim, columns] = [2, 75, 8, 32]; // panels of 32, 32 and 11
        const keys = gpu.upload(normal(images * patches * dim, { seed: 3 }), [
          images,
          patches,
          dim,
        ]);
        const whole = cosineAffinity(gpu, keys, { kind, diagonal });
        const scale = invSqrtDegree(gpu, whole);
        normalizeAffinity(gpu, whole, scale);
        const graph = panelGraph(gpu, keys, { kind, diagonal, columns });
        const widths = graph.panels.map(({ shape }) => shape[2]);
        assert.deepEqual(widths, [32, 32, 11]);
        const [expected, degrees, ownDegrees, ...panels] = await gpu.readAll(
          [whole, scale, graph.invSqrtDegree, ...graph.panels],
        );
        // The same numbers in another order: 75 roundings of sums up to 75 at most, halved by the
        // root, and two more in the product with both ends.
        const relative = 75 * 2 ** -24;
        assertClose(ownDegrees, degrees, { relative });
        const joined = Float32Array.from(
          { length: images * patches * patches },
          (_, at) => {
            const [row, column] = [Math.floor(at / patches), at % patches];
            const panel = Math.floor(column / columns);
            return panels[panel][row * widths[panel] + column % columns];
          },
        );
        assertClose(joined, expected, { relative: 2 * relative });
      });
    }
  }
});

conformance("panelProduct()", (test) => {
  for (const broadcast of [false, true]) {
    test(`is the product with the whole matrix to the bit, ${broadcast ? "with" : "without"} broadcasts`, async (gpu) => {
      if (broadcast && gpu.adapter.subgroupSize === null) return;
      const [images, nodes, block] = [2, 50, 8];
      const half = normal(images * nodes * nodes, { seed: 5 });
      const at = (m: number, i: number, j: number) => half[(m * nodes + i) * nodes + j];
      const value = (m: number, i: number, j: number) => at(m, Math.min(i, j), Math.max(i, j));
      const matrix = (first: number, columns: number) =>
        gpu.upload(
          Float32Array.from({ length: images * nodes * columns }, (_, index) => {
            const row = Math.floor(index / columns);
            return value(Math.floor(row / nodes), row % nodes, first + index % columns);
          }),
          [images, nodes, columns],
        );
      const x = gpu.upload(normal(images * nodes * block, { seed: 6 }), [images, nodes, block]);
      const shifts = gpu.upload(Float32Array.of(0.5, -2), [images]);
      const whole = symmetricProduct(gpu, matrix(0, nodes), x, { shifts, broadcast });
      const panels = [matrix(0, 33), matrix(33, 16), matrix(49, 1)];
      const [one, three] = await gpu.readAll([
        whole,
        panelProduct(gpu, panels, x, { shifts, broadcast }),
      ]);
      assertSame(three, one);
      assert.throws(() => panelProduct(gpu, panels.slice(0, 2), x), ShapeError);
    });
  }
});

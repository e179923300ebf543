import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { readNpy } from "@fiedler/io";
import { cosineAffinity } from "../../kernels/affinity/cosine_affinity.ts";
import { invSqrtDegree } from "../../kernels/affinity/inv_sqrt_degree.ts";
import { normalizeAffinity } from "../../kernels/affinity/normalize_affinity.ts";
import { spectralEmbedding } from "../../kernels/eigen/spectral_embedding.ts";
import {
  type Eigenvectors,
  topEigenvectors,
  type TopEigenvectorsOptions,
} from "../../kernels/eigen/top_eigenvectors.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { readFixture, readJsonFixture } from "../support/fixtures.ts";

// The whole way from real keys to the points that are clustered, against SciPy and scikit-learn.

interface Golden {
  readonly name: string;
  readonly model: string;
  readonly kind: "relu" | "minmax" | "threshold";
  readonly patches: number;
  readonly dim: number;
  readonly values: readonly number[];
  readonly invSqrtDegree: readonly number[];
}

const { cases } = await readJsonFixture<{ cases: readonly Golden[] }>("spectral/goldens.json");

async function npy(path: string): Promise<Float32Array<ArrayBuffer>> {
  const { dtype, data } = readNpy(await readFixture(path));
  assert.equal(dtype, "f4");
  return data as Float32Array<ArrayBuffer>;
}

/** Keys of the scene less those of a grey picture. */
async function keysOf(model: string): Promise<Float32Array<ArrayBuffer>> {
  const grey = await npy(`weights/golden/${model}_grey_keys_192.npy`);
  const keys = await npy(`weights/golden/${model}_keys_192.npy`);
  return keys.map((value, at) => value - grey[at]);
}

function solve(
  gpu: Gpu,
  keys: Float32Array<ArrayBuffer>,
  { kind, patches, dim }: Golden,
  options: TopEigenvectorsOptions,
): Eigenvectors & { scale: Eigenvectors["vectors"] } {
  const w = cosineAffinity(gpu, gpu.upload(keys, [1, patches, dim]), { kind });
  const scale = invSqrtDegree(gpu, w);
  return { ...topEigenvectors(gpu, normalizeAffinity(gpu, w, scale), options), scale };
}

/** Runs of eigenvalues closer than `gap`: only their common span is determined. */
function groups(values: readonly number[], count: number, gap: number): [number, number][] {
  const found: [number, number][] = [];
  for (let first = 0, last = 1; last < values.length; last++) {
    if (values[last - 1] - values[last] < gap) continue;
    if (last <= count) found.push([first, last]);
    first = last;
  }
  return found;
}

conformance("eigenvectors of real keys", (test) => {
  for (const golden of cases) {
    const { name, patches, values } = golden;
    test(`agree with SciPy on ${name}`, async (gpu) => {
      const count = 6;
      const found = solve(gpu, await keysOf(golden.model), golden, { count });
      const [x, v, r, steps, scale] = await gpu.readAll([
        found.vectors,
        found.values,
        found.residuals,
        found.steps,
        found.scale,
      ]);
      // Degrees near 100, cosines to 1e-6; a threshold may put a few edges on the other side.
      const edges = golden.kind === "threshold" ? 2e-4 : 2e-6;
      assertClose(scale, golden.invSqrtDegree, { relative: edges });
      const most = golden.kind === "threshold" ? 30 : 25;
      assert.ok(steps[0] > 0 && steps[0] <= most, `settled after ${steps[0]} steps`);
      assert.ok(r.every((residual) => residual <= 2e-5));
      assertClose(v, values.slice(0, count), { absolute: edges === 2e-4 ? 1e-4 : 5e-6 });
      const truth = await npy(`spectral/${name}_vectors.npy`); // [patches, 8]
      const gap = 2e-3;
      for (const [first, last] of groups(values, count, gap)) {
        for (let j = first; j < last; j++) {
          // What of the true vector lies outside the span: at most residual / gap each.
          let rest = 1;
          for (let k = first; k < last; k++) {
            let dot = 0;
            for (let i = 0; i < patches; i++) dot += truth[i * 8 + j] * x[i * count + k];
            rest -= dot * dot;
          }
          const spacing = Math.min(
            first > 0 ? values[first - 1] - values[first] : 1,
            values[last - 1] - values[last],
          );
          const angle = Math.sqrt(Math.max(rest, 0));
          const bound = 2e-5 * Math.sqrt(last - first) / spacing + 1e-3;
          assert.ok(angle <= bound, `vector ${j} is off by ${angle}, bound ${bound}`);
        }
      }
    });
  }

  for (const golden of cases.filter(({ kind }) => kind === "relu")) {
    test(`are twenty, as Deep Spectral Methods takes, on ${golden.name}`, async (gpu) => {
      const found = solve(gpu, await keysOf(golden.model), golden, { count: 20 });
      const [v, steps] = await gpu.readAll([found.values, found.steps]);
      assert.ok(steps[0] > 0, "settled");
      // Off by at most the residual, 2e-5; by its square over the gap where the next one is that far
      // or, for the last, the one before.
      const clear = golden.values.findLastIndex((value, i, all) =>
        (i + 1 < all.length ? value - all[i + 1] : all[i - 1] - value) > 1e-4
      );
      assertClose(v.subarray(0, clear + 1), golden.values.slice(0, clear + 1), { absolute: 5e-6 });
      assertClose(v, golden.values, { absolute: 2.5e-5 });
    });

    test(`give the points of scikit-learn on ${golden.name}`, async (gpu) => {
      const columns = 6;
      const found = solve(gpu, await keysOf(golden.model), golden, {
        count: columns,
        tolerance: 3e-6,
      });
      const points = spectralEmbedding(gpu, found.vectors, found.scale, {
        kind: "sklearn",
        columns,
      });
      const actual = await gpu.read(points);
      const expected = await npy(`spectral/${golden.name}_embedding.npy`);
      // Vectors to residual / gap = 3e-6 / 6e-3 in length 1, spread over 576 entries of 1/24.
      assertClose(actual, expected, { relative: 1e-3 });
    });
  }

  test("move with the patches and stay when keys are scaled", async (gpu) => {
    const golden = cases[0];
    const { patches, dim } = golden;
    const keys = await keysOf(golden.model);
    const place = (i: number) => (i * 35 + 11) % patches; // 35 and 576 have no common factor
    const moved = new Float32Array(keys.length);
    for (let i = 0; i < patches; i++) {
      moved.set(keys.subarray(i * dim, (i + 1) * dim), place(i) * dim);
    }
    const options = { count: 4, tolerance: 3e-6 };
    const points = (input: Float32Array<ArrayBuffer>) => {
      const found = solve(gpu, input, golden, options);
      return spectralEmbedding(gpu, found.vectors, found.scale, { kind: "sklearn", columns: 4 });
    };
    const [plain, permuted, doubled, scaled] = await gpu.readAll([
      points(keys),
      points(moved),
      points(keys.map((value) => 2 * value)),
      points(keys.map((value) => 3.7 * value)),
    ]);
    // Gaps of the first four values are above 0.03: vectors to 3e-6 / 0.03 and rounding.
    const back = permuted.map((_, at) => permuted[place(Math.floor(at / 4)) * 4 + at % 4]);
    assertClose(back, plain, { relative: 3e-4 });
    assertSame(doubled, plain);
    assertClose(scaled, plain, { relative: 3e-4 });
  });
});

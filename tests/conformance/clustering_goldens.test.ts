import assert from "node:assert/strict";
import { connectedComponents, NO_COMPONENT } from "../../kernels/components/components.ts";
import { kMeans } from "../../kernels/k_means/k_means.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { readJsonFixture } from "../support/fixtures.ts";

const golden = <T>(name: string): Promise<T> => readJsonFixture(`clustering/${name}`);

interface KMeansGolden {
  readonly shape: readonly [number, number];
  readonly k: number;
  readonly points: readonly number[];
  readonly starts: readonly number[];
  readonly labels: readonly number[];
  readonly inertia: number;
  readonly full_inertia: number;
}

/** Labels renumbered by first occurrence. */
function canonical(labels: readonly number[]): number[] {
  const order = [...new Set(labels)];
  return labels.map((label) => order.indexOf(label));
}

conformance("kMeans() and scikit-learn", (test) => {
  for (const name of ["grid_k2", "grid_k3", "grid_k5", "noise_k8"]) {
    test(`agree label for label from given centres: ${name}`, async (gpu) => {
      const { shape, k, points, starts, labels, inertia } = await golden<KMeansGolden>(
        `kmeans_${name}.json`,
      );
      const actual = kMeans(gpu, gpu.upload(Float32Array.from(points), [1, ...shape]), {
        k,
        seed: 0,
        starts: gpu.upload(Float32Array.from(starts), [1, k, shape[1]]),
      });
      const [gotLabels, gotInertia] = await gpu.readAll([actual.labels, actual.inertia]);
      assertSame(gotLabels, canonical(labels));
      assertClose(gotInertia, [inertia], { relative: 1e-4 });
    });

    test(`find clusterings of equal quality from random centres: ${name}`, async (gpu) => {
      const { shape, k, points, full_inertia } = await golden<KMeansGolden>(`kmeans_${name}.json`);
      const tensor = gpu.upload(Float32Array.from(points), [1, ...shape]);
      const seeds = Array.from({ length: 20 }, (_, seed) => seed);
      const runs = seeds.map((seed) => kMeans(gpu, tensor, { k, seed }).inertia);
      const mean = (await gpu.readAll(runs)).reduce((sum, [inertia]) => sum + inertia / 20, 0);
      // On noise the best of ten restarts varies by 0.6 % from seed to seed, so that two means of
      // 20 differ by less than 3 · √2 · 0.6 % / √20 = 0.6 %. On grids every seed finds the best.
      const slack = name.startsWith("noise") ? 1.006 : 1.001;
      assert.ok(mean <= slack * full_inertia, `${mean} against ${full_inertia}`);
    });
  }
});

interface ComponentsGolden {
  readonly maps: readonly {
    readonly name: string;
    readonly shape: readonly [number, number];
    readonly mask: string;
    readonly four: readonly number[];
    readonly eight: readonly number[];
  }[];
}

conformance("connectedComponents() and scipy.ndimage.label", (test) => {
  for (const connectivity of [4, 8] as const) {
    test(`agree on all maps with ${connectivity} neighbours`, async (gpu) => {
      const { maps } = await golden<ComponentsGolden>("components.json");
      for (const { name, shape, mask, four, eight } of maps) {
        const tensor = gpu.upload(Uint32Array.from(mask, Number), [1, ...shape]);
        const { components } = connectedComponents(gpu, tensor, { connectivity, background: 0 });
        // SciPy counts from 1 in raster order, 0 is the background.
        const expected = (connectivity === 4 ? four : eight)
          .map((label) => label === 0 ? NO_COMPONENT : label - 1);
        const actual = await gpu.read(components);
        assert.deepEqual([...actual], expected, name);
      }
    });
  }
});

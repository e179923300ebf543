import assert from "node:assert/strict";
import { Gpu } from "@fiedler/gpu";
import { readNpy } from "@fiedler/io";
import {
  cosineAffinity,
  invSqrtDegree,
  kMeans,
  normalizeAffinity,
  spectralEmbedding,
  topEigenvectors,
} from "@fiedler/kernels";
import { PAPER, type ProposalOptions, spectralCut } from "@fiedler/pipeline";
import { vectorCount } from "../../packages/pipeline/2_spectral.ts";
import { assertClose, assertSame } from "../support/conformance.ts";

const GOLDEN = new URL("../../fixtures/weights/golden/", import.meta.url);

/** Keys `[576, dim]` of the scene less those of a grey picture. */
function keysOf(model: string): Float32Array<ArrayBuffer> {
  const [keys, grey] = ["keys", "grey_keys"].map((what) => {
    const { data } = readNpy(Deno.readFileSync(new URL(`${model}_${what}_192.npy`, GOLDEN)));
    return data as Float32Array<ArrayBuffer>;
  });
  return keys.map((value, at) => value - grey[at]);
}

Deno.test("a thresholded graph gives the same labels as bits and as a matrix", async (t) => {
  const gpu = await Gpu.open();
  for (const model of ["mae", "dino"]) {
    for (const [affinityThreshold, diagonal] of [[0.2, "dropped"], [0.4, "kept"]] as const) {
      await t.step(`${model}, threshold ${affinityThreshold}, diagonal ${diagonal}`, async () => {
        const options: ProposalOptions = {
          ...PAPER,
          ...{ affinity: "threshold", affinityThreshold, diagonal },
        };
        const data = keysOf(model);
        const keys = gpu.upload(data, [1, 576, data.length / 576]);
        const cut = spectralCut(gpu, keys, options);
        const w = cosineAffinity(gpu, cut.unitKeys, {
          ...{ kind: "threshold", threshold: affinityThreshold, diagonal },
        });
        const scale = invSqrtDegree(gpu, w);
        const matrix = normalizeAffinity(gpu, w, scale);
        const eigen = topEigenvectors(gpu, matrix, { count: vectorCount(options), seed: 0 });
        const labels = options.clusterCounts.map((k) => {
          const points = spectralEmbedding(gpu, eigen.vectors, scale, {
            kind: "sklearn",
            columns: k,
          });
          return kMeans(gpu, points, { k, seed: 0 }).labels;
        });
        const [actual, values, affinity, expected, expectedAffinity, ...maps] = await gpu.readAll([
          cut.labels,
          cut.eigen.values,
          cut.affinity!,
          eigen.values,
          matrix,
          ...labels,
        ]);
        assertClose(values as Float32Array, expected as Float32Array, { absolute: 1e-5 });
        // Degrees are counted here. There, each of 144 times, 1e-5 is added to a sum of up to 32,
        // with an error of up to 1e-6 that may always be the same way: 5e-6 of the sum.
        assertClose(affinity, expectedAffinity, { relative: 1e-5 });
        assertSame(actual, maps.flatMap((map) => [...map]));
      });
    }
  }
  await t.step("the matrix is written out on demand alone", async () => {
    const data = keysOf("mae");
    const keys = gpu.upload(data, [1, 576, data.length / 576]);
    for (const affinity of ["relu", "threshold"] as const) {
      const options = { ...PAPER, affinity };
      const [kept, bare] = [true, false].map((keep) => spectralCut(gpu, keys, options, null, keep));
      assert.deepEqual(kept.affinity!.shape, [1, 576, 576]);
      assert.equal(bare.affinity, null);
      assertSame(...await gpu.readAll([kept.labels, bare.labels]) as [Uint32Array, Uint32Array]);
    }
  });
  gpu.close();
});

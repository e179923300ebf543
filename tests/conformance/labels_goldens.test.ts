import { readNpy } from "@fiedler/io";
import { clusterQr } from "../../kernels/cluster_qr/cluster_qr.ts";
import { discretize } from "../../kernels/discretize/discretize.ts";
import { assertSame, conformance } from "../support/conformance.ts";
import { readFixture, readJsonFixture } from "../support/fixtures.ts";

// Both ways to labels without k-means, on eigenvectors of real keys and on clear blobs.

interface Golden {
  readonly name: string;
  readonly k: number;
  /** A digit per patch, in base 17. */
  readonly cluster_qr: string;
  readonly discretize: string;
  /** The row that scikit-learn's discretize began with. */
  readonly start: number;
  readonly points?: readonly number[];
}

const { cases } = await readJsonFixture<{ cases: readonly Golden[] }>("clustering/labels.json");
const spectral = await readJsonFixture<{ cases: { name: string; invSqrtDegree: number[] }[] }>(
  "spectral/goldens.json",
);

/** `[patches, k]`: the first k of 8 vectors over √degree, in f32. */
async function embedding({ name, k, points }: Golden): Promise<Float32Array<ArrayBuffer>> {
  if (points) return Float32Array.from(points);
  const { data } = readNpy(await readFixture(`spectral/${name}_vectors.npy`));
  const scale = spectral.cases.find((one) => one.name === name)!.invSqrtDegree;
  return Float32Array.from({ length: k * scale.length }, (_, at) => {
    const [i, j] = [Math.floor(at / k), at % k];
    return Number(data[8 * i + j]) * Math.fround(scale[i]);
  });
}

/** Labels renumbered by first occurrence. */
function canonical(text: string): number[] {
  const order = [...new Set(text)];
  return [...text].map((digit) => order.indexOf(digit));
}

conformance("cluster_qr and discretize of scikit-learn", (test) => {
  for (const golden of cases) {
    const { name, k, start } = golden;
    test(`agree label for label on ${name}, k = ${k}`, async (gpu) => {
      const points = await embedding(golden);
      const tensor = gpu.upload(points, [1, points.length / k, k]);
      const [qr, turned] = await gpu.readAll([
        clusterQr(gpu, tensor).labels,
        discretize(gpu, tensor, { seed: 0, start }).labels,
      ]);
      assertSame(qr, canonical(golden.cluster_qr));
      assertSame(turned, canonical(golden.discretize));
    });
  }
});

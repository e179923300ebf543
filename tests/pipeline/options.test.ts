import assert from "node:assert/strict";
import { decodeRle, rleFromString } from "@fiedler/coco";
import { Gpu } from "@fiedler/gpu";
import { decodeImage, prepareImage } from "@fiedler/io";
import {
  makeProposer,
  PAPER,
  type PictureRecord,
  PRACTICAL,
  type ProposalOptions,
} from "@fiedler/pipeline";
import { embedded } from "../support/vit.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const read = (path: string) => Deno.readFile(new URL(path, FIXTURES));

/** Proposals of the golden scene at 96 px, 12 × 12 patches. */
async function propose(
  gpu: Gpu,
  options: Partial<ProposalOptions>,
  { centred = true } = {},
): Promise<PictureRecord> {
  const backbone = await embedded(gpu, "mae-tiny");
  const model = { name: "mae-tiny", sha256: "", backbone, centred };
  const all = { ...PAPER, ...options };
  const proposer = makeProposer(gpu, { model, saliencyModel: model, options: all });
  const scene = await decodeImage(await read("weights/golden/scene_192.png"));
  const { image: pixels } = prepareImage(scene, "short:96", 8);
  const size = [192, 192] as const;
  const picture = { image: "scene", id: 1, sha256: "", size, resized: [96, 96] as const, pixels };
  const [{ record }] = await proposer.propose([picture]);
  return record;
}

/** What holds for every option: pieces partition the grid, kept masks have pixels and a place. */
function checkRecord({ masks, grid, counts }: PictureRecord): void {
  for (const k of new Set(masks.map((mask) => mask.k))) {
    const cover = new Uint8Array(grid[0] * grid[1]);
    for (const { grid: { counts }, ...mask } of masks) {
      if (mask.k !== k) continue;
      decodeRle(rleFromString(counts), ...grid).forEach((cell, i) => cover[i] += cell);
    }
    assert.ok(cover.every((count) => count === 1), `k = ${k} does not partition the grid`);
  }
  const kept = masks.filter(({ dropped }) => dropped === null);
  assert.equal(kept.length, counts.kept);
  assert.deepEqual(kept.map(({ rank }) => rank !== null), kept.map(() => true));
  for (const { areaPixels, bbox } of kept) assert.ok(areaPixels! > 0 && bbox![2] * bbox![3] > 0);
}

Deno.test("every option gives sound proposals, and not those of the default", async (t) => {
  const gpu = await Gpu.open();
  const plain = await propose(gpu, {});
  checkRecord(plain);
  const variants: [string, Partial<ProposalOptions>][] = [
    ["facet value", { facet: "value" }],
    ["layer 1", { layer: 1 }],
    ["k 2, 7", { clusterCounts: [2, 7] }],
    ["affinity minmax", { affinity: "minmax" }],
    ["affinity threshold", { affinity: "threshold", affinityThreshold: 0.4 }],
    ["a colour term", { colourWeight: 2 }],
    ["embedding dss", { embedding: "dss" }],
    ["embedding njw", { embedding: "njw" }],
    ["labels cluster_qr", { labels: "cluster_qr" }],
    ["labels discretize", { labels: "discretize" }],
    ["labels discretize of njw", { labels: "discretize", embedding: "njw" }],
    ["20 vectors of dss", { embedding: "dss", dssVectors: 16 }],
    ["8 neighbours", { connectivity: 8 }],
    ["clusters that are not split", { split: false }],
    ["preset practical", PRACTICAL],
    ["score iou", { saliencyScore: "iou", saliencyThreshold: 0.1 }],
    ["NMS 0.3 by area", { nmsThreshold: 0.3, nmsOrder: "area" }],
    ["features-x2", { upsample: "features-x2" }],
    ["soft", { upsample: "soft" }],
    ["a CRF", { crf: true }],
  ];
  for (const [name, options] of variants) {
    await t.step(name, async () => {
      const record = await propose(gpu, options);
      checkRecord(record);
      assert.notDeepEqual(record.masks, plain.masks);
    });
  }
  await t.step("features-x2 has cells of half a patch", async () => {
    const { grid, patch } = await propose(gpu, { upsample: "features-x2" });
    assert.deepEqual([grid, patch], [[24, 24], 4]);
  });
  await t.step("soft changes outlines alone", async () => {
    const soft = await propose(gpu, { upsample: "soft" });
    assert.deepEqual(soft.masks.map(({ grid }) => grid), plain.masks.map(({ grid }) => grid));
  });
  await t.step("without the split each cluster is one mask, and softened as one", async () => {
    const whole = await propose(gpu, { split: false, upsample: "soft" });
    checkRecord(whole);
    const { masks, counts } = whole;
    assert.deepEqual(masks.map(({ k, cluster, component }) => [k, cluster, component]), [
      ...[2, 3, 4, 5].flatMap((k) => Array.from({ length: k }, (_, cluster) => [k, cluster, 0])),
    ]);
    assert.deepEqual([counts.clusters, counts.components], [14, 14]);
    assert.ok(plain.counts.components > 14 && plain.counts.clusters === 14);
    // The pieces of a cluster make up the cluster: areas agree, and so does the eigenproblem.
    for (const { k, cluster, areaPatches } of masks) {
      const pieces = plain.masks.filter((mask) => mask.k === k && mask.cluster === cluster);
      assert.equal(pieces.reduce((sum, mask) => sum + mask.areaPatches, 0), areaPatches);
    }
    assert.deepEqual(whole.eigen, plain.eigen);
  });
  await t.step("the diagonal hardly matters, and is an option", async () => {
    const kept = await propose(gpu, { diagonal: "kept" });
    checkRecord(kept);
    assert.notDeepEqual(kept.eigen, plain.eigen);
  });
  await t.step("tokens of an uncentred model", async () => {
    checkRecord(await propose(gpu, { facet: "token" }, { centred: false }));
  });
  await t.step("what does not fit the model is refused before any work", async () => {
    await assert.rejects(() => propose(gpu, { facet: "token" }), /mae-tiny is centred/);
    const qr = { labels: "cluster_qr" } as const;
    for (const embedding of ["dss", "njw"] as const) {
      await assert.rejects(() => propose(gpu, { ...qr, embedding }), {
        name: "RangeError",
        message: new RegExp(`^labels cluster_qr need embedding sklearn, got ${embedding}: `),
      });
    }
    await assert.rejects(
      () => propose(gpu, { labels: "discretize", embedding: "dss" }),
      /^RangeError: labels discretize need embedding sklearn, got dss: /,
    );
    await assert.rejects(() => propose(gpu, { layer: 4 }), /no layer 4: mae-tiny has 4 of them/);
  });
  gpu.close();
});

import assert from "node:assert/strict";
import { Gpu } from "@fiedler/gpu";
import { bytesSource, decodeImage, openTensorFile, prepareImage } from "@fiedler/io";
import { recognise } from "@fiedler/models";
import {
  type BatchSettings,
  type Extractor,
  makeExplorer,
  makeProposer,
  PAPER,
  PRACTICAL,
  type PreparedPicture,
  type ProposalOptions,
} from "@fiedler/pipeline";
import { answersLater } from "../support/answers_later.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);

async function loadModel(gpu: Gpu, name: string): Promise<Extractor> {
  const bytes = await Deno.readFile(new URL(`weights/${name}.safetensors`, FIXTURES));
  const found = recognise(await openTensorFile(bytesSource(bytes)));
  return { name, sha256: name, backbone: await found.load(gpu), centred: true };
}

async function loadPicture(name: string, rule: string): Promise<PreparedPicture> {
  const decoded = await decodeImage(await Deno.readFile(new URL(`photos/${name}`, FIXTURES)));
  const { image: pixels, plan: { resized } } = prepareImage(decoded, rule, 8);
  return {
    ...{ image: name, id: 1, sha256: "", pixels },
    size: [decoded.height, decoded.width],
    resized: [resized.height, resized.width],
  };
}

/** What changes from one call to the next, and which parts are computed again for it. */
type Change = readonly [Partial<ProposalOptions>, readonly string[]];

const SELECTED = ["selection", "outlines"];
const SPLIT = ["masks", ...SELECTED];
const CLUSTERED = ["clusters", ...SPLIT];
const CHANGES: readonly Change[] = [
  [{}, ["upload", "features", "eigenvectors", ...CLUSTERED]],
  [{ saliencyThreshold: 0.1, nmsThreshold: 0.2, nmsOrder: "area" }, SELECTED],
  [{ minPatches: 9, maxShare: 0.2, saliencyScore: "iou" }, SELECTED],
  [{ connectivity: 8, upsample: "nearest" }, SPLIT],
  [{ split: false, crf: true, minPatches: 20 }, SPLIT],
  [{ clusterCounts: [2, 3, 6] }, ["eigenvectors", ...CLUSTERED]],
  [{ clusterCounts: [4] }, SPLIT],
  [{ upsample: "features-x2" }, ["features", "eigenvectors", ...CLUSTERED]],
  [{ labels: "discretize" }, [...CLUSTERED]],
  [{ affinity: "threshold", seed: 7, colourWeight: 0.5 }, ["eigenvectors", ...CLUSTERED]],
];

Deno.test("an explorer finds what a proposer does, and computes only what changed", async () => {
  const gpu = await Gpu.open();
  try {
    const mae = await loadModel(gpu, "mae-tiny");
    const dino = await loadModel(gpu, "dino-tiny");
    const photo = await loadPicture("coffee.png", "short:64");
    const explorer = makeExplorer(gpu);
    const explored = async (settings: BatchSettings, picture = photo) => {
      const { record, times } = await explorer.explore(picture, settings);
      const [expected] = await makeProposer(gpu, settings).propose([picture]);
      assert.deepEqual(record, expected.record);
      return times.map(({ part }) => part);
    };
    for (const [change, parts] of CHANGES) {
      const options = { ...PRACTICAL, ...change };
      const settings = { model: mae, saliencyModel: mae, options };
      assert.deepEqual(await explored(settings), parts, JSON.stringify(change));
    }
    const cut = ["saliency features", "saliency eigenvectors", "saliency clusters"];
    const other = { model: mae, saliencyModel: dino, options: PRACTICAL };
    assert.deepEqual(await explored(other), [...cut, ...SPLIT]);
    assert.deepEqual(await explored({ ...other, saliencyModel: null }), SPLIT);
    const second = await loadPicture("camera.png", "short:48");
    const fresh = { model: dino, saliencyModel: dino, options: { ...PAPER, clusterCounts: [2] } };
    assert.deepEqual(await explored(fresh, second), CHANGES[0][1]);
    assert.deepEqual(await explored(fresh), SPLIT); // the saliency cut of the second before
  } finally {
    gpu.close();
  }
});

Deno.test("an explorer waits for a backbone that another runtime computes", async () => {
  const gpu = await Gpu.open();
  try {
    const own = await loadModel(gpu, "mae-tiny");
    const model = { ...own, backbone: answersLater(own.backbone) };
    const photo = await loadPicture("coffee.png", "short:48");
    const before = gpu.memory.liveBytes;
    const explorer = makeExplorer(gpu);
    for (const upsample of ["soft", "features-x2"] as const) {
      const settings = { model, saliencyModel: model, options: { ...PRACTICAL, upsample } };
      const { record } = await explorer.explore(photo, settings);
      const proposer = makeProposer(gpu, { ...settings, model: own, saliencyModel: own });
      const [expected] = await proposer.propose([photo]);
      proposer.forget();
      assert.ok(record.masks.length > 0);
      assert.deepEqual(record, expected.record);
    }
    explorer.forget();
    assert.equal(gpu.memory.liveBytes, before);
  } finally {
    gpu.close();
  }
});

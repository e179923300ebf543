import assert from "node:assert/strict";
import { rleFromString, rleIou } from "@fiedler/coco";
import { Gpu } from "@fiedler/gpu";
import { decodeImage, prepareImage } from "@fiedler/io";
import { type Backbone, TINY_VIT } from "@fiedler/models";
import { onnxBackbone } from "@fiedler/onnx";
import { makeProposer, PRACTICAL, type PreparedPicture } from "@fiedler/pipeline";
import { embedded } from "../support/vit.ts";
import { hostVit, vitOnnx } from "../support/vit_onnx.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const read = (path: string) => Deno.readFile(new URL(path, FIXTURES));
const { patch, mean, std } = TINY_VIT;

async function picture(): Promise<PreparedPicture> {
  const decoded = await decodeImage(await read("photos/coffee.png"));
  const { image: pixels, plan: { resized } } = prepareImage(decoded, "short:64", patch);
  return {
    ...{ image: "coffee.png", id: 1, sha256: "", pixels },
    size: [decoded.height, decoded.width],
    resized: [resized.height, resized.width],
  };
}

/** Kept masks through a backbone whose keys are centred by those of a grey picture. */
async function masksOf(gpu: Gpu, backbone: Backbone, prepared: PreparedPicture) {
  const model = { name: "mae", sha256: "", backbone, centred: true };
  const proposer = makeProposer(gpu, { model, saliencyModel: model, options: PRACTICAL });
  const [{ record }] = await proposer.propose([prepared]);
  proposer.forget();
  return record.masks.filter(({ dropped }) => dropped === null)
    .map(({ segmentation }) => {
      const { size, counts } = segmentation!; // every kept mask has one
      return { size, counts: rleFromString(counts) };
    });
}

Deno.test({
  name: "proposals through onnxruntime, on the same device, are those of our kernels",
  // onnxruntime keeps its WebAssembly for the next session.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    // A budget, so that batches are planned on a stand-in before onnxruntime sees them.
    const gpu = await Gpu.open({ memoryBudgetBytes: 2 ** 28 });
    try {
      const prepared = await picture();
      const { height, width } = prepared.pixels;
      const vit = await hostVit(await read("weights/mae-tiny.safetensors"), TINY_VIT);
      const model = vitOnnx(vit, { grid: [height / patch, width / patch] });
      const options = { output: "blocks.3.key", patch, mean, std };
      const backbone = await onnxBackbone(gpu, model, options);
      const before = gpu.memory.liveBytes;
      const found = await masksOf(gpu, backbone, prepared);
      assert.equal(gpu.memory.liveBytes, before);
      await backbone.release();
      const expected = await masksOf(gpu, await embedded(gpu, "mae-tiny"), prepared);
      assert.ok(expected.length > 0);
      assert.equal(found.length, expected.length);
      // Keys differ in the sixth digit, labels not at all; one cell would be some percent.
      found.forEach((mask, i) => assert.ok(rleIou([mask], [expected[i]], [false])[0] >= 0.999));
    } finally {
      gpu.close();
    }
  },
});

import assert from "node:assert/strict";
import { Gpu } from "@fiedler/gpu";
import { TINY_VIT } from "@fiedler/models";
import { onnxBackbone } from "@fiedler/onnx";
import { keptMasks, lowestIou, smallPicture } from "../support/kept_masks.ts";
import { embedded } from "../support/vit.ts";
import { hostVit, vitOnnx } from "../support/vit_onnx.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const read = (path: string) => Deno.readFile(new URL(path, FIXTURES));
const { patch, mean, std } = TINY_VIT;

/** Keys of an inner layer: every layer has its test beside this one. */
const LAYER = 1;

Deno.test({
  name: "proposals through onnxruntime, on the same device, are those of our kernels",
  // onnxruntime keeps its WebAssembly for the next session.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    // A budget, so that batches are planned on a stand-in before onnxruntime sees them.
    const gpu = await Gpu.open({ memoryBudgetBytes: 2 ** 28 });
    try {
      const picture = await smallPicture(await read("photos/coffee.png"), patch);
      const { height, width } = picture.pixels;
      const vit = await hostVit(await read("weights/mae-tiny.safetensors"), TINY_VIT);
      const model = vitOnnx(vit, { grid: [height / patch, width / patch] });
      const options = { output: `blocks.${LAYER}.key`, patch, mean, std };
      const backbone = await onnxBackbone(gpu, model, options);
      const before = gpu.memory.liveBytes;
      const found = await keptMasks(gpu, backbone, picture);
      assert.equal(gpu.memory.liveBytes, before);
      await backbone.release();
      const expected = await keptMasks(gpu, await embedded(gpu, "mae-tiny"), picture, LAYER);
      assert.ok(expected.length > 0);
      assert.equal(found.length, expected.length);
      // Keys differ in the sixth digit, labels not at all; one cell would be some percent.
      assert.ok(lowestIou(found, expected) >= 0.999);
    } finally {
      gpu.close();
    }
  },
});

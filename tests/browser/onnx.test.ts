/** An ONNX graph in a page, through Chromium's own WebGPU: what our kernels find under Deno. */
import assert from "node:assert/strict";
import { Gpu } from "@fiedler/gpu";
import { type KeptMask, keptMasks, lowestIou, smallPicture } from "../support/kept_masks.ts";
import { embedded } from "../support/vit.ts";
import { browserTest } from "./browser_test.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const PHOTO = "photos/coffee.png";
/** Keys of an inner layer: the others take time to compile, and have their tests under Deno. */
const LAYER = 1;

/** Runs in the page: masks through a graph of the embedded model, and whether the device lives. */
async function inPage(
  { photo, layer, support }: { photo: string; layer: number; support: string },
): Promise<{ masks: KeptMask[]; alive: boolean }> {
  const { Gpu } = await import("@fiedler/gpu");
  const { TINY_VIT } = await import("@fiedler/models");
  const { onnxBackbone } = await import("@fiedler/onnx");
  const { hostVit, vitOnnx }: typeof import("../support/vit_onnx.ts") = await import(
    `${support}vit_onnx.ts`
  );
  const { keptMasks, smallPicture }: typeof import("../support/kept_masks.ts") = await import(
    `${support}kept_masks.ts`
  );
  const fetched = async (path: string) =>
    new Uint8Array(await (await fetch(`/fixtures/${path}`)).arrayBuffer());
  const { patch, mean, std } = TINY_VIT;
  const picture = await smallPicture(await fetched(photo), patch);
  const { height, width } = picture.pixels;
  const vit = await hostVit(await fetched("weights/mae-tiny.safetensors"), TINY_VIT);
  const model = vitOnnx(vit, { grid: [height / patch, width / patch] });
  const gpu = await Gpu.open();
  const options = { output: `blocks.${layer}.key`, patch, mean, std };
  const backbone = await onnxBackbone(gpu, model, options);
  const masks = await keptMasks(gpu, backbone, picture);
  await backbone.release();
  const [alive] = await gpu.read(gpu.upload(Float32Array.of(1), [1]));
  gpu.close();
  return { masks, alive: alive === 1 };
}

browserTest("a graph in a page finds what our kernels find under Deno", async (page) => {
  const { masks, alive } = await page.evaluate(inPage, {
    ...{ photo: PHOTO, layer: LAYER, support: "/tests/support/" },
  });
  const gpu = await Gpu.open();
  try {
    const picture = await smallPicture(await Deno.readFile(new URL(PHOTO, FIXTURES)), 8);
    const expected = await keptMasks(gpu, await embedded(gpu, "mae-tiny"), picture, LAYER);
    assert.ok(expected.length > 0);
    assert.equal(masks.length, expected.length);
    // Another adapter rounds otherwise; a cell more or less would be some percent.
    assert.ok(lowestIou(masks, expected) >= 0.999);
    assert.ok(alive);
  } finally {
    gpu.close();
  }
});

import assert from "node:assert/strict";
import { Gpu } from "@fiedler/gpu";
import { bytesSource, decodeImage, openTensorFile, prepareImage, sha256Hex } from "@fiedler/io";
import { recognise } from "@fiedler/models";
import { makeProposer, type PictureRecord, PRACTICAL } from "@fiedler/pipeline";
import { openStudio } from "../../packages/demo/open_studio.ts";
import type { Studio, StudioNews, StudioOptions } from "../../packages/demo/studio.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const WORKER = new URL("../../packages/demo/worker.ts", import.meta.url);
const bytes = await Deno.readFile(new URL("photos/coffee.png", FIXTURES));
const photo = new Blob([bytes]);

/** 8 × 12 patches: what takes a fraction of a second. */
const small: StudioOptions = {
  ...{ model: "mae-tiny", saliencyModel: "mae-tiny", shortSide: 64, proposals: PRACTICAL },
};

async function withStudio(
  body: (studio: Studio, news: readonly StudioNews[]) => Promise<void>,
): Promise<void> {
  const news: StudioNews[] = [];
  await using studio = await openStudio({
    worker: WORKER,
    weights: new URL("weights/", FIXTURES),
    onNews: (one) => void news.push(one),
  });
  await body(studio, news);
}

/** What the command line finds in the photo. */
async function expected(saliency: string): Promise<PictureRecord> {
  const gpu = await Gpu.open();
  try {
    const load = async (name: string) => {
      const file = await Deno.readFile(new URL(`weights/${name}.safetensors`, FIXTURES));
      const found = recognise(await openTensorFile(bytesSource(file)));
      return {
        name,
        sha256: await sha256Hex(file),
        backbone: await found.load(gpu),
        centred: true,
      };
    };
    const model = await load("mae-tiny");
    const saliencyModel = saliency === "mae-tiny" ? model : await load(saliency);
    const image = await decodeImage(bytes);
    const { image: pixels, plan: { resized } } = prepareImage(image, "short:64", 8);
    const [{ record }] = await makeProposer(gpu, { model, saliencyModel, options: PRACTICAL })
      .propose([{
        ...{ image: "coffee.png", id: 1, sha256: await sha256Hex(bytes), pixels },
        size: [image.height, image.width],
        resized: [resized.height, resized.width],
      }]);
    return record;
  } finally {
    gpu.close();
  }
}

Deno.test("the studio shows what the command line finds", async () => {
  await withStudio(async (studio) => {
    assert.deepEqual(studio.models().map(({ id, patch }) => [id, patch]), [
      ["mae-tiny", 8],
      ["dino-tiny", 8],
    ]);
    await studio.open(photo, "coffee.png");
    const shown = await studio.show(small);
    assert.deepEqual(shown.record, await expected("mae-tiny"));
  });
});

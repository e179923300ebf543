/** `createSegmenter()` in a page: every kind of picture, and what Deno finds. Needs Chromium. */
import assert from "node:assert/strict";
import { rleFromString, rleIou } from "@fiedler/coco";
import { createSegmenter } from "@fiedler/web";
import { browserTest } from "./browser_test.ts";

const ROOT = new URL("../../", import.meta.url);
const WEIGHTS = "fixtures/weights/mae-tiny.safetensors";
const PHOTO = "fixtures/photos/coffee.png";
const RESIZE = "short:64"; // 8 × 12 patches

interface Mask {
  readonly size: readonly [number, number];
  readonly counts: string;
}

/** Runs in the page: the masks of a file, a bitmap, a canvas, an image and a frame; of a worker. */
async function inPage(
  { weights, photo, resize }: Record<"weights" | "photo" | "resize", string>,
): Promise<Mask[][]> {
  const { createSegmenter } = await import("@fiedler/web");
  const segmenter = await createSegmenter({ weights });
  const blob = await (await fetch(photo)).blob();
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  (canvas.getContext("2d") as unknown as { drawImage(...args: unknown[]): void })
    .drawImage(bitmap, 0, 0);
  const page = globalThis as unknown as {
    Image: new () => { src: string; decode(): Promise<void>; width: number; height: number };
    VideoFrame: new (source: object, options: object) => {
      displayWidth: number;
      displayHeight: number;
      close(): void;
    };
  };
  const image = new page.Image();
  image.src = photo;
  image.width = 10; // in the page
  await image.decode();
  const frame = new page.VideoFrame(canvas, { timestamp: 0 });
  const found: Mask[][] = [];
  for (const source of [blob, bitmap, canvas, image, frame]) {
    const { instances } = await segmenter.segment(source, { resize });
    found.push(instances.map(({ segmentation }) => segmentation));
  }
  frame.close();
  await segmenter.dispose();
  const worker = await createSegmenter({ weights, worker: true });
  const { instances } = await worker.segment(bitmap, { resize });
  found.push(instances.map(({ segmentation }) => segmentation));
  await worker.dispose();
  return found;
}

browserTest("a page finds in every kind of picture what Deno finds", async (page) => {
  const weights = await Deno.readFile(new URL(WEIGHTS, ROOT));
  await using segmenter = await createSegmenter({ weights });
  const photo = new Blob([await Deno.readFile(new URL(PHOTO, ROOT))]);
  const { instances } = await segmenter.segment(photo, { resize: RESIZE });
  const expected = instances.map(({ segmentation }) => segmentation);
  const kinds = await page.evaluate(inPage, {
    ...{ weights: `/${WEIGHTS}`, photo: `/${PHOTO}`, resize: RESIZE },
  });
  assert.equal(kinds.length, 6);
  for (const masks of kinds) {
    assert.equal(masks.length, expected.length);
    masks.forEach((mask, i) => {
      const [one, other] = [mask, expected[i]].map(({ size, counts }) => ({
        size,
        counts: rleFromString(counts),
      }));
      // Another adapter rounds otherwise; a cell more or less would be some percent.
      assert.ok(rleIou([one], [other], [false])[0] >= 0.999);
    });
  }
});

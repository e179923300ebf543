/** The demo from end to end, as somebody uses it: drop, drag, lose the GPU, export, go offline. */
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { loadCocoInstances, rleFromSegmentation, rleFromString, rleIou } from "@fiedler/coco";
import { createSegmenter, type Instance } from "@fiedler/web";
import type { Page } from "playwright-core";
import { siteTest } from "./site_test.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const PHOTO = "coffee.png";
/** 12 × 18 patches, which take SwiftShader a second or two. */
const SIDE = 96;
/** Of the saliency slider, after it was dragged. */
const DRAGGED = 0.25;

/** What Deno finds in the photo under the page's defaults, and after the slider was dragged. */
async function found(): Promise<Record<"before" | "after", readonly Instance[]>> {
  const weights = await Deno.readFile(new URL("weights/mae-tiny.safetensors", FIXTURES));
  await using segmenter = await createSegmenter({ weights });
  const photo = new Blob([await Deno.readFile(new URL(`photos/${PHOTO}`, FIXTURES))]);
  const resize = `short:${SIDE}`;
  const { instances: before } = await segmenter.segment(photo, { resize });
  const { instances } = await segmenter.segment(photo, { resize, saliencyThreshold: DRAGGED });
  return { before, after: instances };
}

/** Drops a fixture's file onto the page, as a file manager does. */
async function drop(page: Page, path: string, type: string): Promise<void> {
  const base64 = (await Deno.readFile(new URL(path, FIXTURES))).toBase64();
  const data = await page.evaluateHandle(
    async ({ base64, name, type }) => {
      const { Uint8Array, DataTransfer, File } = globalThis as unknown as {
        Uint8Array: typeof globalThis.Uint8Array;
        DataTransfer: new () => { items: { add(file: File): void } };
        File: typeof globalThis.File;
      };
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.fromBase64(base64)], name, { type }));
      return await Promise.resolve(transfer);
    },
    { base64, name: path.slice(path.lastIndexOf("/") + 1), type },
  );
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
}

/** Waits until the page shows so many masks of a picture. */
async function shows(page: Page, name: string, masks?: number): Promise<void> {
  await page.locator("#picture-name", { hasText: name }).waitFor();
  await page.locator("#stage:not([data-busy])").waitFor();
  const words = masks === undefined ? /^\d+ masks? of / : new RegExp(`^${masks} masks? of `);
  await page.locator("#summary", { hasText: words }).waitFor();
}

/** Downloads the masks, and reads them as any COCO file. */
async function exported(page: Page) {
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "COCO JSON" }).click();
  const file = await (await coming).path();
  return await loadCocoInstances(createReadStream(file));
}

function assertSame(
  { images: [image], annotations }: Awaited<ReturnType<typeof exported>>,
  expected: readonly Instance[],
): void {
  assert.equal(image.file_name, PHOTO);
  assert.equal(annotations.length, expected.length);
  annotations.forEach(({ segmentation, area }, i) => {
    const { size, counts } = expected[i].segmentation;
    const one = rleFromSegmentation(segmentation!, ...size);
    const other = { size, counts: rleFromString(counts) };
    // Another adapter rounds otherwise; a patch more or less would be some percent.
    assert.ok(rleIou([one], [other], [false])[0] >= 0.999, `mask ${i} of ${area} pixels`);
  });
}

/** Moves the saliency slider by mouse, as people do. */
async function drag(page: Page, to: number): Promise<void> {
  const slider = page.getByRole("slider", { name: /Saliency score/ });
  await slider.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await slider.boundingBox())!;
  const middle = y + height / 2;
  await page.mouse.move(x + width / 2, middle);
  await page.mouse.down();
  await page.mouse.move(x + to * width, middle, { steps: 5 });
  await page.mouse.up();
  await slider.fill(String(to)); // a mouse is some pixels off
}

siteTest("the demo finds what Deno finds, outlives its GPU, and works offline", async (visit) => {
  const { context, url, origins, complaints } = visit;
  const expected = await found();
  assert.notEqual(
    expected.before.length,
    expected.after.length,
    "the slider must change something",
  );
  const page = await context.newPage();
  await page.goto(`${url}#side=${SIDE}`);
  await shows(page, "flower.jpg"); // a JPEG: its decoder is WebAssembly

  await drop(page, `photos/${PHOTO}`, "image/png");
  await shows(page, PHOTO, expected.before.length);
  assertSame(await exported(page), expected.before);

  await drag(page, DRAGGED);
  await shows(page, PHOTO, expected.after.length);
  assertSame(await exported(page), expected.after);

  await page.getByRole("button", { name: "Take the GPU away" }).click();
  await page.getByText("The GPU was lost").waitFor();
  await page.getByText("The GPU was lost").waitFor({ state: "detached" });
  await shows(page, PHOTO, expected.after.length);
  assertSame(await exported(page), expected.after);

  await drop(page, "images/420.jpg", "image/jpeg");
  await shows(page, "420.jpg");

  assert.deepEqual(complaints, []);
  assert.deepEqual([...origins], [new URL(url).origin]);

  await page.evaluate(async () => {
    const { serviceWorker } = navigator as unknown as {
      readonly serviceWorker: { readonly ready: Promise<unknown> };
    };
    await serviceWorker.ready;
  });
  await visit.endServer();
  await page.reload();
  await shows(page, "flower.jpg");
});

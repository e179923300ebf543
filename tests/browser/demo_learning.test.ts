/** The demo's pretraining, as somebody uses it. Needs Chromium. */
import assert from "node:assert/strict";
import { bytesSource, openTensorFile } from "@fiedler/io";
import { centredByDefault, recognise } from "@fiedler/models";
import type { Page } from "playwright-core";
import { siteTest } from "./site_test.ts";

/** One narrow block on 16 patches: what takes longest is then to compile its kernels. */
const CHANGES = { dim: 16, depth: 1, heads: 2, crop: 32 };
/** 12 patches and more a side of the open picture. */
const SIDE = 96;
/**
 * Share of the time that the page's thread may be taken for 50 ms and more at a stretch. Whatever
 * learns takes nearly all of the time of its thread; the page draws a curve and a few panels, but
 * SwiftShader, the worker that draws scenes and other tests take the same two cores from it.
 */
const MOST_BLOCKED = 0.3;

/** Of the page's globals, those that are used here. */
interface PageScope {
  readonly document: {
    getElementById(id: string): { readonly dataset: Record<string, string> };
    querySelector(selector: string): { toDataURL(): string };
    dispatchEvent(event: Event): void;
  };
  readonly PerformanceObserver: new (
    told: (list: { getEntries(): { readonly duration: number }[] }) => void,
  ) => { observe(what: { readonly type: string }): void };
  /** Milliseconds in long tasks since {@linkcode prepare}, and when that was. */
  blocked: { ms: number; readonly since: number };
}

/** Has the page learn with a small network, and counts how long its thread is taken. */
function prepare(page: Page): Promise<void> {
  return page.evaluate((changes) => {
    const scope = globalThis as unknown as PageScope;
    scope.document.getElementById("learn").dataset.changes = changes;
    scope.blocked = { ms: 0, since: performance.now() };
    new scope.PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) scope.blocked.ms += duration;
    }).observe({ type: "longtask" });
  }, JSON.stringify(CHANGES));
}

const blockedShare = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const { blocked: { ms, since } } = globalThis as unknown as PageScope;
    return ms / (performance.now() - since);
  });

/** What the first panel shows. */
const keys = (page: Page): Promise<string> =>
  page.evaluate(() =>
    (globalThis as unknown as PageScope).document.querySelector("#learn-panels canvas").toDataURL()
  );

/** Has the page think that its tab is hidden, or seen again. */
const hide = (page: Page, hidden: boolean): Promise<void> =>
  page.evaluate((hidden) => {
    const { document } = globalThis as unknown as PageScope;
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

siteTest("the demo learns features, and a slider shows what became of them", async (visit) => {
  const { context, url, origins, complaints } = visit;
  const page = await context.newPage();
  await page.goto(`${url}#side=${SIDE}`);
  await page.locator("#summary", { hasText: /masks? of/ }).waitFor();
  await prepare(page);
  const status = page.locator("#learn-status");
  const slider = page.getByRole("slider", { name: "Snapshot" });
  const moment = (words: RegExp) => page.locator("#learn-moment", { hasText: words }).waitFor();
  assert.equal(await slider.isDisabled(), true);

  await page.getByRole("button", { name: "Start learning" }).click();
  await page.locator("#learn-stop:focus").waitFor(); // it is in the place of what was pressed
  await page.locator("#learn-panels").scrollIntoViewIfNeeded();
  await status.filter({ hasText: /^Step \d+, about \d+ (s|min) left$/ }).waitFor();
  await hide(page, true);
  await status.filter({ hasText: "Paused while the tab is hidden" }).waitFor();
  await hide(page, false);
  await moment(/^step [1-9]\d*, after \d+ s, loss \d/);
  await page.getByText(/^Keys after \d+ s$/).waitFor();
  const share = await blockedShare(page);
  await page.getByRole("button", { name: "Stop" }).click();
  await status.filter({ hasText: /^Stopped after \d+ steps? in \d+ s, loss \d/ }).waitFor();
  assert.ok(share < MOST_BLOCKED, `the page was blocked ${100 * share} % of the time`);

  await page.getByText(/^\d+ masks? found with these keys$/).waitFor();
  await page.getByText(/^Keys after \d+ s$/).waitFor();
  const words = (await slider.getAttribute("aria-valuetext"))!;
  const learnt = await keys(page);
  await slider.press("Home");
  await moment(/^step 0, random numbers$/);
  await page.getByText("Keys of random numbers", { exact: true }).waitFor();
  await page.getByText(/^\d+ masks? found with these keys$/).waitFor();
  assert.notEqual(await keys(page), learnt);
  await slider.press("End");
  await moment(new RegExp(`^${words}$`));
  assert.equal(await keys(page), learnt); // at once: they are known

  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the encoder" }).click();
  const download = await coming;
  assert.equal(download.suggestedFilename(), "encoder.safetensors");
  const file = await Deno.readFile(await download.path());
  const found = recognise(await openTensorFile(bytesSource(file)));
  assert.deepEqual([found.patch, centredByDefault(found)], [8, true]);

  const step = /\d+/.exec(words)![0];
  await page.getByRole("button", { name: "Use these features" }).click();
  await page.getByText(`Keys of learnt here, step ${step}, the network chosen above`).waitFor();
  assert.equal(await page.locator("select[name=model]").inputValue(), `learnt here, step ${step}`);

  assert.deepEqual(complaints, []);
  assert.deepEqual([...origins], [new URL(url).origin]);
});

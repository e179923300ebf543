/** Tuning tables in a real IndexedDB; the other tests have a stand-in. Needs Chromium. */
import assert from "node:assert/strict";
import { browserTest } from "./browser_test.ts";

/** Runs in the page: what a store reads before, between and after writes. */
async function visit(): Promise<(string | null)[]> {
  const { indexedDbTuning } = await import("@fiedler/gpu");
  const before = await indexedDbTuning().read("a");
  await indexedDbTuning().write("a", "one");
  const between = await indexedDbTuning().read("a");
  await indexedDbTuning().write("a", "two");
  return [before, between, await indexedDbTuning().read("a"), await indexedDbTuning().read("b")];
}

browserTest("indexedDbTuning() keeps tables from one visit of a page to the next", async (page) => {
  assert.deepEqual(await page.evaluate(visit), [null, "one", "two", null]);
  await page.reload();
  assert.deepEqual(await page.evaluate(visit), ["two", "one", "two", null]);
});

/** Tuning tables in a real IndexedDB; the other tests have a stand-in. Needs Chromium. */
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { ts } from "ts-morph";

const STORE = new URL("../../packages/gpu/tuning_store.ts", import.meta.url);
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const found = await Promise.all(
  CHROMIUM.map((path) => Deno.stat(path).then(() => path, () => null)),
);
const executablePath = found.find((path) => path !== null);

/** Runs in the page: what a store reads before, between and after writes. */
async function visit(): Promise<(string | null)[]> {
  const { indexedDbTuning } = await import("/store.js" as string);
  const before = await indexedDbTuning().read("a");
  await indexedDbTuning().write("a", "one");
  const between = await indexedDbTuning().read("a");
  await indexedDbTuning().write("a", "two");
  return [before, between, await indexedDbTuning().read("a"), await indexedDbTuning().read("b")];
}

Deno.test({
  name: "indexedDbTuning() keeps tables from one visit of a page to the next",
  ignore: executablePath === undefined,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const { outputText } = ts.transpileModule(await Deno.readTextFile(STORE), {
      compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext },
    });
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      ({ url }) =>
        url.endsWith("/store.js")
          ? new Response(outputText, { headers: { "content-type": "text/javascript" } })
          : new Response("<!doctype html>", { headers: { "content-type": "text/html" } }),
    );
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.addr.port}/`);
      assert.deepEqual(await page.evaluate(visit), [null, "one", "two", null]);
      await page.reload();
      assert.deepEqual(await page.evaluate(visit), ["two", "one", "two", null]);
    } finally {
      await browser.close();
      await server.shutdown();
    }
  },
});

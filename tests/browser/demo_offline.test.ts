/** The copy of the site that the service worker keeps, when the site changes. Needs Chromium. */
import assert from "node:assert/strict";
import { siteTest } from "./site_test.ts";

const PAGE = "examples/";

/** Runs in the page: registers the service worker as the demo does, and waits for it. */
async function keep(script: string): Promise<void> {
  const { navigator, trustedTypes } = globalThis as unknown as {
    navigator: { serviceWorker: { register(script: unknown): Promise<unknown>; ready: unknown } };
    trustedTypes: {
      createPolicy(name: string, rules: object): { createScriptURL(url: string): unknown };
    };
  };
  const policy = trustedTypes.createPolicy("fiedler", { createScriptURL: (url: string) => url });
  await navigator.serviceWorker.register(policy.createScriptURL(script));
  await navigator.serviceWorker.ready;
}

const copies = () => caches.keys();

siteTest("a new version of the site takes the old one's place, offline too", async (visit) => {
  const { context, url, site, complaints } = visit;
  const page = await context.newPage();
  await page.goto(`${url}${PAGE}`);
  await page.evaluate(keep, `${url}sw.js`);
  const [first, ...others] = await page.evaluate(copies);
  assert.ok(first.startsWith(`fiedler ${url} `), first);
  assert.deepEqual(others, []);

  const decoder = new TextDecoder();
  const html = new TextEncoder().encode(
    decoder.decode(site.get(`${PAGE}index.html`)).replace("Masks of a file", "A newer page"),
  );
  site.set(`${PAGE}index.html`, html);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", html)).toBase64();
  const worker = decoder.decode(site.get("sw.js"))
    .replace(/"version":"[^"]*"/, '"version":"newer"')
    .replace(/("examples\/":"sha256-)[^"]*/, `$1${hash}`);
  site.set("sw.js", new TextEncoder().encode(worker));
  await page.reload(); // looks for a new service worker, besides
  await page.evaluate(keep, `${url}sw.js`);
  const newer = `fiedler ${url} newer`;
  const kept = async () => (await page.evaluate(copies)).join();
  for (let looks = 0; looks < 300 && await kept() !== newer; looks++) {
    await page.waitForTimeout(100);
  }
  assert.equal(await kept(), newer);
  assert.deepEqual(complaints, []);

  await visit.endServer();
  await page.reload();
  await page.getByText("A newer page").waitFor();
});

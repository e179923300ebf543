/**
 * The conformance suites in headless Chromium, on the page that `fiedler demo` serves: every test,
 * through Tint, on SwiftShader. What the suites do not run there, such as forms for other sizes of
 * subgroups, Tint compiles at least. Needs Chromium: `deno task test-browser`.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { serveSite } from "../../packages/cli/demo_server.ts";
import { buildSite } from "../../packages/cli/demo_site.ts";
import { findChromium, withBrowser, withPage } from "../../tools/chromium.ts";
import { SUITES } from "../conformance/page/suites.ts";
import { type ShaderSource, shaderSources } from "./shader_sources.ts";

/** Browsers side by side: SwiftShader compiles on one core, which takes most of the time. */
const BROWSERS = 2;
const SWIFTSHADER = { adapter: "swiftshader" } as const;

/** A test that is skipped where there is no Chromium. */
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    name,
    fn,
    ignore: findChromium() === null,
    sanitizeOps: false,
    sanitizeResources: false,
  });

/** What a page has to show when it is done. */
interface Shown {
  /** Such as `"Done: 42 passed, 0 failed of 42; 7 not selected, 3.1 s"`. */
  readonly status: string;
  /** Why the page can do nothing more; empty while it can. */
  readonly problem: string;
  /** Test and message of each failure. */
  readonly failures: readonly string[];
}

/** What {@linkcode recordShaders} leaves in the page. */
interface Recording {
  shaders: Set<string>;
}

/** Runs in the page before all else: keeps the source of every shader. */
function recordShaders(): void {
  const shaders = (globalThis as unknown as Recording).shaders = new Set();
  const { prototype } = GPUDevice;
  const create = prototype.createShaderModule;
  prototype.createShaderModule = function (descriptor) {
    shaders.add(descriptor.code);
    return create.call(this, descriptor);
  };
}

/** Runs in the page when it is done. */
function readPage(): Shown {
  const { document } = globalThis as unknown as {
    document: { querySelectorAll(selector: string): Iterable<{ textContent: string }> };
  };
  const texts = (selector: string) =>
    Array.from(document.querySelectorAll(selector), ({ textContent }) => textContent);
  return {
    status: texts("#status")[0],
    problem: texts("#problem")[0],
    failures: texts("tr[data-state=failed] > th"),
  };
}

/**
 * Runs one suite as a visitor does.
 *
 * @throws {Error} with the page's words when nothing more can run in it.
 */
async function runSuite(page: Page, name: string): Promise<Shown> {
  await page.getByLabel("Only").fill(name);
  await page.getByRole("button", { name: "Run" }).click();
  await page.locator("main:is([data-state=done], [data-state=broken])").waitFor();
  const shown = await page.evaluate(readPage);
  if (shown.problem) throw new Error(`${name}: ${shown.problem}`);
  return shown;
}

/** Opens the page of a site in a browser of its own. */
function withConformance<T>(
  site: string,
  prepare: () => void,
  body: (page: Page) => Promise<T>,
): Promise<T> {
  return withBrowser(async (browser) => {
    const page = await browser.newPage();
    page.setDefaultTimeout(0); // CI has a limit for all of its work
    await page.addInitScript(prepare);
    await page.goto(`${site}conformance/`);
    return await body(page);
  }, SWIFTSHADER);
}

/** Sources that the suites ran, so that they need not be compiled again. */
const ran = new Set<string>();

test("every conformance suite passes in a page", async () => {
  await using server = serveSite(await buildSite(), 0);
  const waiting = Object.keys(SUITES);
  const complaints: string[] = [];
  const work = () =>
    withConformance(server.url, recordShaders, async (page) => {
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const { status, failures } = await runSuite(page, name);
        console.log(`${name}: ${status}`);
        const [, passed, all] = /^Done: (\d+) passed, 0 failed of (\d+); /.exec(status) ?? [];
        if (Number(all) > 0 && passed === all) continue;
        complaints.push(...[status, ...failures].map((words) => `${name}: ${words}`));
      }
      const shaders = () => [...(globalThis as unknown as Recording).shaders];
      for (const code of await page.evaluate(shaders)) ran.add(code);
    });
  await Promise.all(Array.from({ length: BROWSERS }, work));
  assert.deepEqual(complaints, []);
});

/** Runs in the page before all else: the third recording ends on a device that is gone. */
function loseDevice(): void {
  const { prototype } = GPUDevice;
  const create = prototype.createCommandEncoder;
  let calls = 0;
  prototype.createCommandEncoder = function (descriptor) {
    if (++calls === 3) this.destroy();
    return create.call(this, descriptor);
  };
}

test("the page goes on after a lost device, and says where it was lost", async () => {
  await using server = serveSite(await buildSite(), 0);
  const run = (page: Page) => runSuite(page, "place_rows");
  const { status, failures } = await withConformance(server.url, loseDevice, run);
  assert.match(status, /^Done: 4 passed, 1 failed of 5; /);
  assert.match(failures[0], /GpuLostError: the GPU device of .* is lost \(destroyed\)/);
});

/** Parsed and resolved only: unrolled for llvmpipe's 8 lanes, SwiftShader compiles it for minutes. */
const NOT_COMPILED = "orthonormalise_subgroup";

/** Runs in the page: the compiler's complaint about each source, null where there is none. */
async function compile(
  { all, notCompiled }: { readonly all: readonly ShaderSource[]; readonly notCompiled: string },
): Promise<(string | null)[]> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("Chromium has no WebGPU adapter");
  const requiredFeatures = adapter.features.has("subgroups") ? ["subgroups" as const] : [];
  const device = await adapter.requestDevice({ requiredFeatures });
  return await Promise.all(all.map(async ({ kernel, code }) => {
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code });
    if (kernel !== notCompiled) {
      device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: kernel } });
    }
    return (await device.popErrorScope())?.message ?? null;
  }));
}

test("Tint accepts every kernel in every variant", async () => {
  const all = await shaderSources();
  assert.ok(all.length > 60, `${all.length} sources`);
  const rest = all.filter(({ code }) => !ran.has(code));
  console.log(`${all.length - rest.length} of ${all.length} ran in the suites`);
  const bad = await Promise.all(Array.from({ length: BROWSERS }, async (_, part) => {
    const mine = rest.filter((_, i) => i % BROWSERS === part);
    const given = { all: mine, notCompiled: NOT_COMPILED };
    const complaints = await withPage((page) => page.evaluate(compile, given), SWIFTSHADER);
    return mine.flatMap(({ kernel, variants }, i) =>
      complaints[i] ? [`${kernel} ${JSON.stringify(variants)}: ${complaints[i]}`] : []
    );
  }));
  assert.deepEqual(bad.flat(), []);
});

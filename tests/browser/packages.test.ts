/**
 * The packages as strangers use them: tarballs, installed with npm into an empty project, bundled
 * with esbuild, loaded in Chromium.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { findChromium, withBrowser } from "../../tools/chromium.ts";
import { pack } from "../../tools/pack.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Most bytes of a bundle, minified and gzipped: a page pays them once, and we for what we add. */
const LIMITS = {
  "@fiedler/kernels, without @fiedler/gpu": 60_000,
  "@fiedler/gpu": 11_000,
  "one kernel, with @fiedler/gpu": 12_000,
  "@fiedler/coco": 17_000,
  "@fiedler/web": 120_000,
};

const SOURCES: Readonly<Record<string, string>> = {
  "@fiedler/kernels, without @fiedler/gpu": `export * from "@fiedler/kernels";`,
  "@fiedler/gpu": `export * from "@fiedler/gpu";`,
  "one kernel, with @fiedler/gpu": `
    import { Gpu } from "@fiedler/gpu";
    import { connectedComponents } from "@fiedler/kernels";
    export async function pieces(values, shape) {
      const adapter = await navigator.gpu.requestAdapter();
      const device = await adapter.requestDevice();
      const buffer = device.createBuffer({ size: 16 * Math.ceil(values.byteLength / 16), usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
      device.queue.writeBuffer(buffer, 0, values);
      const gpu = await Gpu.wrap(device);
      const { counts } = connectedComponents(gpu, { buffer, offset: 0, shape, dtype: "u32" }, { background: 0 });
      const [count] = await gpu.read(counts);
      gpu.close();
      device.queue.writeBuffer(buffer, 0, values); // the page's own device lives on
      await device.queue.onSubmittedWorkDone();
      return count;
    }`,
  "@fiedler/coco": `export * from "@fiedler/coco";`,
  "@fiedler/web": `
    import { createSegmenter } from "@fiedler/web";
    export async function count(weights, picture) {
      const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
      await using segmenter = await createSegmenter({ weights, worker });
      const file = new Blob([await (await fetch(picture)).arrayBuffer()]);
      const { instances } = await segmenter.segment(file, { resize: "short:96" });
      return instances.length;
    }`,
};

Deno.test({
  name: "tarballs install into an empty project, bundle within their limits, and run in a page",
  ignore: findChromium() === null,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await install(folder);
      const files = await bundle(folder);
      await runInPage(files);
    } finally {
      await esbuild.stop();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** `npm install` of all tarballs, in a project of nothing else. */
async function install(folder: string): Promise<void> {
  const tarballs = await pack(join(folder, "tarballs"));
  await Deno.writeTextFile(join(folder, "package.json"), `{ "type": "module", "private": true }`);
  // What npm ci has fetched is at hand; nothing else is needed.
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  const { success, stderr } = await new Deno.Command("npm", {
    args: ["install", ...flags, ...tarballs.map(({ path }) => path)],
    cwd: folder,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** Bundles by name; prints what each weighs. */
async function bundle(folder: string): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const build = async (contents: string, external: string[] = []) => {
    const { outputFiles } = await esbuild.build({
      stdin: { contents, resolveDir: folder },
      ...{ bundle: true, minify: true, write: false, format: "esm", target: "es2022" },
      ...{ external, logLevel: "error" },
    });
    return new Uint8Array(outputFiles[0].contents);
  };
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [name, limit] of Object.entries(LIMITS)) {
    const script = await build(SOURCES[name], name.includes("without") ? ["@fiedler/gpu"] : []);
    const bytes = gzipSync(script, { level: 9 }).length;
    console.log(`${name.padEnd(40)} ${(bytes / 1000).toFixed(1).padStart(6)} kB gzipped`);
    assert.ok(bytes <= limit, `${name}: ${bytes} bytes gzipped are more than ${limit}`);
    files.set(name, script);
  }
  files.set("worker", await build(`import "@fiedler/web/worker";`));
  return files;
}

/** The kernel on a buffer of the page, and the segmenter in a worker that the bundler made. */
async function runInPage(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<void> {
  const site: Readonly<Record<string, readonly [string, Uint8Array<ArrayBuffer>]>> = {
    "/": ["text/html", new TextEncoder().encode("<!doctype html><title>page</title>")],
    "/kernel.js": ["text/javascript", files.get("one kernel, with @fiedler/gpu")!],
    "/web.js": ["text/javascript", files.get("@fiedler/web")!],
    "/worker.js": ["text/javascript", files.get("worker")!],
    "/mae.safetensors": ["", await Deno.readFile(`${ROOT}fixtures/weights/mae-tiny.safetensors`)],
    "/coffee.png": ["image/png", await Deno.readFile(`${ROOT}fixtures/photos/coffee.png`)],
  };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, ({ url }) => {
    const [type, body] = site[new URL(url).pathname] ?? [];
    return body
      ? new Response(body, { headers: { "content-type": type! } })
      : new Response(null, { status: 404 });
  });
  try {
    await withBrowser(async (browser) => {
      const page = await browser.newPage();
      page.setDefaultTimeout(0);
      await page.goto(`http://127.0.0.1:${server.addr.port}/`);
      const found = await page.evaluate(`(async () => {
        const { pieces } = await import("/kernel.js");
        const { count } = await import("/web.js");
        return [
          await pieces(Uint32Array.of(1, 0, 1, 1, 0, 1), [1, 2, 3]),
          await count("/mae.safetensors", "/coffee.png"),
        ];
      })()`) as [number, number];
      assert.equal(found[0], 2);
      assert.ok(found[1] > 0, "the segmenter found nothing");
    }, { adapter: "swiftshader" });
  } finally {
    await server.shutdown();
  }
}

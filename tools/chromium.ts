/** Headless Chromium for tests and benches, and pages that import this repository's TypeScript. */
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { ts } from "ts-morph";

const ROOT = new URL("../", import.meta.url);
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const PACKAGES = ["gpu", "io", "models", "onnx", "coco", "pipeline", "web"];

/** What a page imports by name; workers, for whom there is no import map, by path. */
const IMPORTS: Readonly<Record<string, string>> = {
  "@fiedler/kernels": "/kernels/mod.ts",
  "@fiedler/kernels/training": "/kernels/training.ts",
  ...Object.fromEntries(PACKAGES.map((name) => [`@fiedler/${name}`, `/packages/${name}/mod.ts`])),
  "@jsquash/jpeg/": "/node_modules/@jsquash/jpeg/",
  "fflate": "/node_modules/fflate/esm/browser.js",
  "onnxruntime-web/webgpu": "/node_modules/onnxruntime-web/dist/ort.webgpu.bundle.min.mjs",
};

const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)"([^"]+)"/g;

const TYPES: Readonly<Record<string, string>> = {
  ts: "text/javascript",
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
  png: "image/png",
  safetensors: "application/octet-stream",
};

/** Where Chromium is; null where it is not installed. */
export function findChromium(): string | null {
  return PLACES.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? null;
}

/** How Chromium is started. */
export interface BrowserOptions {
  /** Of WebGPU, such as `"swiftshader"`. Default: Chromium's choice. */
  readonly adapter?: string;
  /** More of its flags. */
  readonly flags?: readonly string[];
}

/** What a page is made of. */
export interface PageOptions extends BrowserOptions {
  /** HTML behind the import map, such as scripts of the repository, by paths from its root. */
  readonly html?: string;
}

/**
 * Starts headless Chromium, and ends it.
 *
 * @throws {Error} without Chromium.
 */
export async function withBrowser<T>(
  body: (browser: Browser) => Promise<T>,
  { adapter, flags = [] }: BrowserOptions = {},
): Promise<T> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error(`needs Chromium at one of ${PLACES.join(", ")}; install it`);
  const chosen = adapter ? [`--use-webgpu-adapter=${adapter}`] : [];
  const browser = await chromium.launch({ executablePath, args: [...FLAGS, ...chosen, ...flags] });
  try {
    return await body(browser);
  } finally {
    await browser.close();
  }
}

/**
 * Opens a page that can import the packages by name and every file of the repository by its path.
 *
 * @throws {Error} without Chromium.
 */
export async function withPage<T>(
  body: (page: Page, browser: Browser) => Promise<T>,
  { html = "", ...options }: PageOptions = {},
): Promise<T> {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => serve(request, html),
  );
  try {
    return await withBrowser(async (browser) => {
      const page = await browser.newPage();
      page.setDefaultTimeout(0);
      await page.goto(`http://127.0.0.1:${server.addr.port}/`); // WebGPU needs a secure context
      return await body(page, browser);
    }, options);
  } finally {
    await server.shutdown();
  }
}

/** Files of the repository; TypeScript without its types. */
async function serve(request: Request, html: string): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/") {
    const map = `<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;
    const page = `<!doctype html><title>page</title><link rel="icon" href="data:,">${map}${html}`;
    return new Response(page, { headers: { "content-type": "text/html" } });
  }
  const file = new URL(`.${pathname}`, ROOT);
  const type = TYPES[pathname.slice(pathname.lastIndexOf(".") + 1)];
  if (!file.href.startsWith(ROOT.href) || !type) return new Response(null, { status: 404 });
  try {
    const bytes = await Deno.readFile(file);
    const body = pathname.endsWith(".ts") ? script(new TextDecoder().decode(bytes)) : bytes;
    return new Response(body, { headers: { "content-type": type } });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error(`page: ${fileURLToPath(file)} does not exist`);
    return new Response(null, { status: 404 });
  }
}

function script(source: string): string {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
  };
  const { outputText } = ts.transpileModule(source, { compilerOptions });
  return outputText.replace(IMPORT, (whole, before, name) => {
    const key = Object.keys(IMPORTS).find((key) =>
      key.endsWith("/") ? name.startsWith(key) : name === key
    );
    return key ? `${before}"${IMPORTS[key]}${name.slice(key.length)}"` : whole;
  });
}

/** The contest of `peers.ts` in headless Chromium: `deno task bench --peers --browser`. */
import { fileURLToPath } from "node:url";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { chromium } from "playwright-core";
import { ts } from "ts-morph";
import type { PageContest } from "./browser_page.ts";
import type { Contest } from "./peers.ts";

const ROOT = new URL("../../", import.meta.url);
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** The adapter is Chromium's choice, unless `FIEDLER_CHROMIUM_ADAPTER` names one: swiftshader. */
const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Clock ticks a second in /proc: USER_HZ, 100 on all of Linux's platforms. */
const TICK_MS = 10;

/** What the page imports by name. */
const IMPORTS = {
  "@fiedler/gpu": "/packages/gpu/mod.ts",
  "@fiedler/kernels": "/kernels/mod.ts",
};

const TYPES: Readonly<Record<string, string>> = {
  ts: "text/javascript",
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
};

const MODULES = "/tools/bench/peers/node_modules/";
const PAGE = `<!doctype html><title>bench</title><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script src="${MODULES}@tensorflow/tfjs-core/dist/tf-core.min.js"></script>
<script src="${MODULES}@tensorflow/tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js"></script>
<script type="module" src="/tools/bench/browser_page.ts"></script>`;

/**
 * Runs the workloads in a page, with the libraries that `peers.ts` installed.
 *
 * @throws {Error} without Chromium.
 */
export async function browserContest(
  names: readonly string[],
  quick: boolean,
): Promise<Contest> {
  const executablePath = PLACES.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
  if (!executablePath) {
    throw new Error(`bench --browser: needs Chromium at one of ${PLACES.join(", ")}; install it`);
  }
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, serve);
  const adapter = process.env.FIEDLER_CHROMIUM_ADAPTER;
  const args = adapter ? [...FLAGS, `--use-webgpu-adapter=${adapter}`] : FLAGS;
  const browser = await chromium.launch({ executablePath, args });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on("console", (message) => console.error(message.text()));
    page.on("pageerror", (error) => console.error(`page: ${error.message}`));
    await page.exposeFunction("cpuMs", descendantsCpuMs);
    await page.goto(`http://127.0.0.1:${server.addr.port}/`); // WebGPU needs a secure context
    await page.waitForFunction("globalThis.contest");
    const found: PageContest = await page.evaluate(
      ([names, quick]) => (globalThis as unknown as Page).contest(names, quick),
      [names, quick] as const,
    );
    const date = new Date().toISOString();
    const runtime = `Chromium ${browser.version()}`;
    return {
      machine: { ...found.adapter, runtime, date, peak: null },
      matches: found.matches,
    };
  } finally {
    await browser.close();
    await server.shutdown();
  }
}

/** What the page defines. */
interface Page {
  contest(names: readonly string[], quick: boolean): Promise<PageContest>;
}

/** Files of the repository; TypeScript without its types. */
async function serve(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/") return new Response(PAGE, { headers: { "content-type": "text/html" } });
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
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

/** CPU time of all processes that this one started, theirs included: the browser's. */
function descendantsCpuMs(): number {
  if (Deno.build.os !== "linux") return NaN; // and wall time is what counts on a card
  const children = new Map<number, number[]>();
  const times = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${name}/stat`, "utf8");
    } catch {
      continue; // it ended meanwhile
    }
    // Behind the name in brackets: state, parent, …; user and system time are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
    children.set(fields[1], [...children.get(fields[1]) ?? [], Number(name)]);
    times.set(Number(name), (fields[11] + fields[12]) * TICK_MS);
  }
  const below = (id: number): number =>
    (children.get(id) ?? []).reduce((sum, child) => sum + times.get(child)! + below(child), 0);
  return below(process.pid);
}

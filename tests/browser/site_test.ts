import type { BrowserContext } from "playwright-core";
import { serveSite } from "../../packages/cli/demo_server.ts";
import { buildSite } from "../../packages/cli/demo_site.ts";
import { findChromium, withBrowser } from "../../tools/chromium.ts";

/** The built site in a browser. */
export interface SiteVisit {
  /** A fresh profile, with a camera that shows a test picture. */
  readonly context: BrowserContext;
  /** Of the site's first page. */
  readonly url: string;
  /** What is served; may be changed. */
  readonly site: Map<string, Uint8Array<ArrayBuffer>>;
  /** Whom pages, workers and the service worker asked for anything. */
  readonly origins: ReadonlySet<string>;
  /** What pages and workers complained of: errors, and what a policy refused. */
  readonly complaints: readonly string[];
  /** Ends the server, as a network that is gone. */
  endServer(): Promise<void>;
}

/** Compiling the shaders of a model takes longest: some ten seconds on an idle machine. */
const TIMEOUT_MS = 120_000;

const CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** A test on the site of `fiedler demo`, in headless Chromium on its software adapter. */
export function siteTest(name: string, body: (visit: SiteVisit) => Promise<void>): void {
  Deno.test({
    name,
    ignore: findChromium() === null,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () =>
      withBrowser((browser) => visitSite(browser, body), { adapter: "swiftshader", flags: CAMERA }),
  });
}

async function visitSite(
  browser: Parameters<Parameters<typeof withBrowser>[0]>[0],
  body: (visit: SiteVisit) => Promise<void>,
): Promise<void> {
  const site = new Map(await buildSite());
  const server = serveSite(site, 0);
  let ended: Promise<void> | null = null;
  const endServer = () => ended ??= Promise.resolve(server[Symbol.asyncDispose]());
  try {
    const context = await browser.newContext({ permissions: ["camera"] });
    context.setDefaultTimeout(TIMEOUT_MS);
    const origins = new Set<string>();
    const complaints: string[] = [];
    context.on("request", (request) => origins.add(new URL(request.url()).origin));
    context.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    context.on("weberror", (error) => complaints.push(String(error.error())));
    await body({ context, url: server.url, site, origins, complaints, endServer });
  } finally {
    await endServer();
  }
}

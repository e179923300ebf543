import type { Page } from "playwright-core";
import { findChromium, withPage } from "../../tools/chromium.ts";

/** A test in a page of headless Chromium on its software adapter; skipped where there is none. */
export function browserTest(name: string, body: (page: Page) => Promise<void>): void {
  Deno.test({
    name,
    ignore: findChromium() === null,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => withPage(body, { adapter: "swiftshader" }),
  });
}

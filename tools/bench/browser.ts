/** The contest of `peers.ts` in headless Chromium: `deno task bench --peers --browser`. */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { withPage } from "../chromium.ts";
import type { PageContest } from "./browser_page.ts";
import type { Contest } from "./peers.ts";

/** Clock ticks a second in /proc: USER_HZ, 100 on all of Linux's platforms. */
const TICK_MS = 10;

const MODULES = "/tools/bench/peers/node_modules/";
const HTML = `
<script src="${MODULES}@tensorflow/tfjs-core/dist/tf-core.min.js"></script>
<script src="${MODULES}@tensorflow/tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js"></script>`;

/** What the page defines. */
interface Page {
  contest(names: readonly string[], quick: boolean): Promise<PageContest>;
}

/**
 * Runs the workloads in a page, with the libraries that `peers.ts` installed.
 *
 * @throws {Error} without Chromium.
 */
export async function browserContest(names: readonly string[], quick: boolean): Promise<Contest> {
  const adapter = process.env.FIEDLER_CHROMIUM_ADAPTER;
  return await withPage(async (page, browser) => {
    page.on("console", (message) => console.error(message.text()));
    page.on("pageerror", (error) => console.error(`page: ${error.message}`));
    await page.exposeFunction("cpuMs", descendantsCpuMs);
    await page.addScriptTag({ type: "module", url: "/tools/bench/browser_page.ts" });
    await page.waitForFunction("globalThis.contest");
    const found: PageContest = await page.evaluate(
      ([names, quick]) => (globalThis as unknown as Page).contest(names, quick),
      [names, quick] as const,
    );
    const date = new Date().toISOString();
    const runtime = `Chromium ${browser.version()}`;
    return { machine: { ...found.adapter, runtime, date, peak: null }, matches: found.matches };
  }, { adapter, html: HTML });
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

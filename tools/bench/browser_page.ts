/** Runs in the page that `browser.ts` opens: our kernels and the others' on the browser's adapter. */
import { Gpu } from "@fiedler/gpu";
import { contestOf, type Match } from "./contest.ts";
import { type AdapterFacts, adapterFacts } from "./adapter_facts.ts";
import type { Foreign } from "./peers/contender.ts";
import { loadJax } from "./peers/jax.ts";
import { loadOrt } from "./peers/ort.ts";
import { ours } from "./peers/ours.ts";
import { tfjs } from "./peers/tfjs.ts";

/** What the page found. */
export interface PageContest {
  readonly adapter: AdapterFacts;
  readonly matches: readonly Match[];
}

/** What the page has besides a browser's globals. */
interface PageGlobals {
  /** CPU time of the browser so far, counted outside of the page. */
  cpuMs(): Promise<number>;
  /** TensorFlow.js, whose builds for browsers are scripts that the page has loaded. */
  readonly tf: Foreign;
  contest(names: readonly string[], quick: boolean): Promise<PageContest>;
}

const page = globalThis as unknown as PageGlobals;
const modules = new URL("/tools/bench/peers/node_modules/", location.href);

page.contest = async (names, quick) => {
  const gpu = await Gpu.open();
  const contenders = [
    ours(gpu),
    await tfjs(page.tf),
    await loadJax(modules),
    await loadOrt(modules, "webgpu"),
    await loadOrt(modules, "wasm"),
  ];
  const adapter = adapterFacts(gpu.adapter);
  const matches = await contestOf(contenders, names, {
    clock: { wall: () => performance.now(), cpu: () => page.cpuMs() },
    ...{ quick, leastMs: 250 }, // CPU time comes in steps of 10 ms
    log: (line) => console.log(line),
  });
  return { adapter, matches };
};

/** Runs in the page that `browser.ts` opens: our kernels and the others' on the browser's adapter. */
import { Gpu } from "@fiedler/gpu";
import { contendersOf, contestOf, type Match } from "./contest.ts";
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
  const log = (line: string) => console.log(line);
  const contenders = await contendersOf(ours(gpu), {
    "tfjs-webgpu": () => tfjs(page.tf),
    "jax-js": () => loadJax(modules),
    "onnxruntime-web webgpu": () => loadOrt(modules, "webgpu"),
    "onnxruntime-web wasm": () => loadOrt(modules, "wasm"),
  }, log);
  const adapter = adapterFacts(gpu.adapter);
  const matches = await contestOf(contenders, names, {
    clock: { wall: () => performance.now(), cpu: () => page.cpuMs() },
    ...{ quick, leastMs: 250 }, // CPU time comes in steps of 10 ms
    log,
  });
  return { adapter, matches };
};

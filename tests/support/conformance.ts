import { Gpu } from "@fiedler/gpu";

export { assertClose, assertSame, type Tolerance } from "./close.ts";

/** Registers one test of a conformance suite. */
export type ConformanceTest = (name: string, body: (gpu: Gpu) => void | Promise<void>) => void;

/** A test that waits for the page's runner. */
export interface WaitingTest {
  readonly name: string;
  /** Runs on the device that `open` gives, which must be poisoned, or needs none of it. */
  readonly body: (open: () => Promise<Gpu>) => Promise<void>;
}

const waiting: WaitingTest[] = [];
let shared: Promise<Gpu> | null = null;

/** The tests registered since it was last asked for: none under Deno, which runs them itself. */
export function takeTests(): WaitingTest[] {
  return waiting.splice(0);
}

/** A device for the whole test file, with poisoned memory and guards behind every tensor. */
export function poisonedGpu(): Promise<Gpu> {
  if (!shared) {
    shared = Gpu.open({ poison: true });
    // llvmpipe may crash when the process ends with devices open.
    shared.then((gpu) => globalThis.addEventListener("unload", () => gpu.close()));
  }
  return shared;
}

/**
 * A group of tests against the f64 reference. Each test gets a poisoned device and fails on any
 * GPU error, captured or not, and on any write behind the end of a tensor. Under Deno they are
 * tests of `deno test`; in a page its runner takes them.
 */
export function conformance(group: string, register: (test: ConformanceTest) => void): void {
  register((name, body) => {
    const test: WaitingTest = {
      name: `${group} ${name}`,
      body: async (open) => {
        const gpu = await open();
        await body(gpu);
        await gpu.settle();
        await gpu.checkGuards();
      },
    };
    if (!("Deno" in globalThis)) return waiting.push(test);
    Deno.test({
      name: test.name,
      // The device is shared by the file and outlives the test on purpose.
      sanitizeResources: false,
      sanitizeOps: false,
      fn: () => test.body(poisonedGpu),
    });
  });
}

/** A test beside a suite's groups that needs no device, or opens and closes its own. */
export function hostTest(name: string, body: () => void | Promise<void>): void {
  if ("Deno" in globalThis) Deno.test(name, body);
  else waiting.push({ name, body: async () => await body() });
}

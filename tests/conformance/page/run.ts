import { Gpu } from "@fiedler/gpu";
import { type Closeness, takeWorst } from "../../support/close.ts";
import { takeTests, type WaitingTest } from "../../support/conformance.ts";

/** The tests of one file. */
export interface Suite {
  /** The file's, such as `"matmul"`. */
  readonly name: string;
  readonly tests: readonly WaitingTest[];
}

/** How a test ended. */
export interface Outcome {
  /** What went wrong; null when nothing did. */
  readonly failure: string | null;
  /** The comparison nearest to its limit; null for a test that compares otherwise. */
  readonly worst: Closeness | null;
  /** Wall time, compiling included. */
  readonly ms: number;
}

/** Told what goes on. */
export interface Progress {
  begins(suite: Suite, test: WaitingTest): void;
  ended(suite: Suite, test: WaitingTest, outcome: Outcome): void;
  /** All tests of a suite ended, or what was left of them was stopped. */
  finished(suite: Suite): void;
}

/** Collects the tests of each suite. One that cannot be loaded has a single test, which fails. */
export async function loadSuites(
  sources: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Suite[]> {
  const suites: Suite[] = [];
  for (const [name, load] of Object.entries(sources)) {
    try {
      await load();
      suites.push({ name, tests: takeTests() });
    } catch (error) {
      takeTests();
      suites.push({ name, tests: [{ name: "loads", body: () => Promise.reject(error) }] });
    }
  }
  return suites;
}

/** The suite named `words`, or else the tests whose suite or name holds them, in any case. */
export function select(suites: readonly Suite[], words: string): Suite[] {
  const wanted = words.trim().toLowerCase();
  const named = suites.filter(({ name }) => name === wanted);
  if (named.length > 0) return named;
  return suites.flatMap(({ name, tests }) => {
    const found = name.toLowerCase().includes(wanted)
      ? tests
      : tests.filter((test) => test.name.toLowerCase().includes(wanted));
    return found.length > 0 ? [{ name, tests: found }] : [];
  });
}

/** Runs suites in turn, each with memory of its own, until `signal` says stop. */
export async function runSuites(
  suites: readonly Suite[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  for (const suite of suites) {
    const memory = new PoisonedMemory();
    for (const test of suite.tests) {
      await nextTurn(); // the page shows what happened, and hears of a click
      if (signal.aborted) break;
      progress.begins(suite, test);
      progress.ended(suite, test, await outcomeOf(test, memory));
    }
    memory.close(); // frees all that its tests used
    progress.finished(suite);
    if (signal.aborted) return;
  }
}

async function outcomeOf(test: WaitingTest, memory: PoisonedMemory): Promise<Outcome> {
  takeWorst();
  const start = performance.now();
  let failure: string | null = null;
  try {
    await test.body(() => memory.open());
  } catch (error) {
    failure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  return { failure, worst: takeWorst(), ms: performance.now() - start };
}

/** Of all suites: their pipelines, which are what takes time, are compiled once for each device. */
let shared: Gpu | null = null;
/** A device hands out a pipeline again only while somebody has it. */
const spent: Gpu[] = [];

/** The device, opened when a test wants it, and again after it was lost. */
async function openShared(): Promise<Gpu> {
  if (shared) return shared;
  const gpu = await Gpu.open();
  gpu.device.lost.then(() => {
    if (shared === gpu) shared = null;
  });
  return shared = gpu;
}

/** Poisoned memory on the shared device. */
class PoisonedMemory {
  #gpu: Gpu | null = null;

  async open(): Promise<Gpu> {
    if (this.#gpu) return this.#gpu;
    const { device } = await openShared();
    const gpu = await Gpu.wrap(device, { poison: true });
    device.lost.then(() => {
      if (this.#gpu === gpu) this.#gpu = null;
    });
    return this.#gpu = gpu;
  }

  close(): void {
    if (!this.#gpu) return;
    this.#gpu.close();
    spent.push(this.#gpu);
  }
}

/** Lets the page's other work run; unlike timers, at full speed in a tab that is not looked at. */
function nextTurn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

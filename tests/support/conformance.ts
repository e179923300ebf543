import assert from "node:assert/strict";
import { Gpu } from "@fiedler/gpu";

/** Registers one test of a conformance suite. */
export type ConformanceTest = (name: string, body: (gpu: Gpu) => void | Promise<void>) => void;

let shared: Promise<Gpu> | null = null;

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
 * GPU error, captured or not, and on any write behind the end of a tensor.
 */
export function conformance(group: string, register: (test: ConformanceTest) => void): void {
  register((name, body) => {
    Deno.test({
      name: `${group} ${name}`,
      // The device is shared by the file and outlives the test on purpose.
      sanitizeResources: false,
      sanitizeOps: false,
      fn: async () => {
        const gpu = await poisonedGpu();
        await body(gpu);
        await gpu.settle();
        await gpu.checkGuards();
      },
    });
  });
}

/** How far `actual` may be from `expected`: |a − e| ≤ absolute + relative · max|expected|. */
export interface Tolerance {
  readonly relative?: number;
  readonly absolute?: number;
}

/** Fails with the worst index, both values and how many others are off. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative = 0, absolute = 0 }: Tolerance,
): void {
  assert.equal(actual.length, expected.length, "number of elements");
  let scale = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  const limit = absolute + relative * scale;
  let worst = -1;
  let worstError = limit;
  let off = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    if (error <= limit) continue;
    off++;
    if (worst < 0 || Number.isNaN(error) || error > worstError) {
      worst = i;
      worstError = error;
    }
  }
  if (worst < 0) return;
  assert.fail(
    `element ${worst}: got ${actual[worst]}, expected ${expected[worst]} ± ${limit}; ` +
      `${off} of ${expected.length} are off`,
  );
}

/** Fails unless both hold the same integers. */
export function assertSame(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assertClose(actual, expected, {});
}

/**
 * That no kernel has lost half its speed: ours beside the same kernel as it was frozen, in turn in one
 * process. A yardstick of another kind would measure the machine: plain WGSL takes 50 times as long as
 * ours on one CPU and 7 times on the next. CPU time is compared, on which other work of the machine
 * has little hold; of several samples the least, on which it has less still. Where that is not enough
 * more samples are taken: a machine may be held up for seconds. What all kernels share is not seen here,
 * such as reading through textures, of which tests/gpu/texels.test.ts is.
 */
import assert from "node:assert/strict";
import { adapterClass, type AnyTensor, type Gpu } from "@fiedler/gpu";
import { CLOCK } from "../../tools/bench/machine.ts";
import { sample } from "../../tools/bench/measure.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import type { Frozen } from "./freeze.ts";
import frozenJson from "./frozen.json" with { type: "json" };
import { attentionRace, convRace, matmulRace, type Race } from "./races.ts";

const FROZEN = frozenJson as unknown as Record<keyof typeof frozenJson, Frozen>;
const SAMPLES = 15;
/** Times that as many samples are taken, before a kernel is thought slow. */
const ROUNDS = 3;
/** How many times the frozen kernel's time ours may take: an equal one takes 1.0 to 1.3, called anew. */
const MOST = 1.5;

/** Runs what was frozen on the inputs of a race. */
function thaw(gpu: Gpu, { kernel, launch, params, shapes }: Frozen, inputs: Race["inputs"]) {
  const args = Object.fromEntries(
    kernel.bindings.map(({ name, dtype }): [string, AnyTensor] => [
      name,
      inputs[name] ?? gpu.empty(shapes[name], dtype),
    ]),
  );
  return { out: args.out, run: () => gpu.run(kernel, { ...args, params }, launch) };
}

/**
 * Compares the results, then the times.
 *
 * @throws {assert.AssertionError} where ours is too slow.
 */
async function expectSpeed(gpu: Gpu, { inputs, ours }: Race, was: Frozen, rounds = ROUNDS) {
  if (!isKnown(gpu)) return;
  const before = thaw(gpu, was, inputs);
  before.run();
  const [actual, expected] = await gpu.readAll([ours(), before.out]);
  // Sums of up to 576 products in another order: √576 · 2^-24 of their size, some ten times over.
  assertClose(actual, expected, { relative: 2e-5 });
  const runs = [before.run, () => gpu.scope(() => void ours())];
  const cpuMs = [Infinity, Infinity];
  let ratio = Infinity;
  for (let round = 0; round < rounds && ratio > MOST; round++) {
    for (let i = 0; i < SAMPLES; i++) {
      for (const [side, run] of runs.entries()) {
        const measured = await sample(CLOCK, () => (run(), gpu.settle()), 1);
        cpuMs[side] = Math.min(cpuMs[side], measured.cpuMs);
      }
    }
    ratio = cpuMs[1] / cpuMs[0];
  }
  const [then, now] = cpuMs.map((ms) => ms.toFixed(1));
  const found = `${was.kernel.name} took ${then} ms of CPU time, ours takes ${now}`;
  assert.ok(ratio <= MOST, `${found}: ${ratio.toFixed(2)} times as long, not ${MOST} at most`);
}

/** Whether the frozen kernels are the right ones for this adapter; says so where they are not. */
function isKnown({ adapter }: Gpu): boolean {
  if (adapterClass(adapter) === "cpu-emulated" && adapter.subgroupSize === 8) return true;
  console.log(`speed is judged on software adapters of 8 lanes, this is ${adapter.description}`);
  return false;
}

conformance("speed of", (test) => {
  test("matmul() has not halved", (gpu) => expectSpeed(gpu, matmulRace(gpu), FROZEN.matmul));
  test("conv2d() has not halved", (gpu) => expectSpeed(gpu, convRace(gpu), FROZEN.conv2d));
  test("attention() has not halved", (gpu) =>
    expectSpeed(gpu, attentionRace(gpu), FROZEN.attention));

  // Twice to three times the time on llvmpipe; on other adapters it may be the right form.
  test("a slower form would be noticed", async (gpu) => {
    if (!isKnown(gpu)) return;
    const direct = { kernel: "direct", rows: 8, columns: 2 } as const;
    await assert.rejects(expectSpeed(gpu, matmulRace(gpu, direct), FROZEN.matmul, 1), {
      message: /matmul_broadcast took .* ours takes .* times as long/,
    });
  });
});

import { type Gpu, GpuError, type Tensor } from "@fiedler/gpu";
import type { Measure, TuningCase } from "./choose.ts";

/** A case with what it takes to run it. */
export interface RunnableCase<F extends object = object> extends TuningCase<F> {
  /** Records one call of a form and returns its result, which the caller frees. */
  run(form: F): Tensor;
  /** The same of a smaller case, by the same pipeline: to see what it computes. */
  sample(form: F): Tensor;
  /** How far two forms' results may differ. */
  readonly tolerance: number;
}

/** Milliseconds of work per timing: GPU timestamps count exactly, a wall clock also the wait. */
const WORK_MS = { timestamps: 4, wall: 25 };

/** Timings of a form, of which the least counts. */
const TIMINGS = 3;

/** A form that takes this much longer than the best so far is not timed again. */
const HOPELESS = 1.5;

/** More calls than this tell nothing new. */
const MOST_CALLS = 256;

/**
 * Times forms on a device: by GPU timestamps if it profiles, else by the clock. Each form first
 * computes a small result, which must agree with that of the case's first form.
 */
export function measureOn(gpu: Gpu, now: () => number): Measure {
  const samples = new Map<TuningCase, Float32Array>();
  const best = new Map<TuningCase, number>();
  const timer = timerOf(gpu, now);
  return async (question, form) => {
    const runnable = question as RunnableCase;
    const result = await read(gpu, runnable.sample(form));
    const expected = samples.get(question);
    if (expected) expectEqual(result, expected, runnable.tolerance);
    else samples.set(question, result);
    const call = () => gpu.free(runnable.run(form));
    const once = await timer(call, 1);
    const work = gpu.profiling ? WORK_MS.timestamps : WORK_MS.wall;
    const calls = Math.min(MOST_CALLS, Math.max(1, Math.ceil(work / Math.max(once, 1e-3))));
    let least = calls === 1 ? once : Infinity;
    for (let i = 0; i < TIMINGS; i++) {
      least = Math.min(least, await timer(call, calls));
      if (least > HOPELESS * (best.get(question) ?? Infinity)) break;
    }
    best.set(question, Math.min(least, best.get(question) ?? Infinity));
    return least;
  };
}

/** Milliseconds a call of some calls in one submit. */
function timerOf(gpu: Gpu, now: () => number) {
  const stamped = () => gpu.kernelTimes.reduce((sum, { ms }) => sum + ms, 0);
  return async (call: () => void, calls: number): Promise<number> => {
    await gpu.settle();
    const start = gpu.profiling ? stamped() : now();
    for (let i = 0; i < calls; i++) call();
    await gpu.settle();
    return ((gpu.profiling ? stamped() : now()) - start) / calls;
  };
}

async function read(gpu: Gpu, tensor: Tensor): Promise<Float32Array> {
  try {
    return await gpu.read(tensor);
  } finally {
    gpu.free(tensor);
  }
}

function expectEqual(result: Float32Array, expected: Float32Array, tolerance: number): void {
  const at = result.findIndex((value, i) => !(Math.abs(value - expected[i]) <= tolerance));
  if (at < 0) return;
  throw new GpuError(
    `computes something else: element ${at} is ${result[at]}, the default gives ${expected[at]}`,
  );
}

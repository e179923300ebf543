import { type Gpu, GpuError, type Tensor, type TuningTable } from "@fiedler/gpu";
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

/** What forms are timed with. */
export interface Clock {
  /** As tables name it. */
  readonly name: TuningTable["clock"];
  /** Milliseconds so far, when all work has been waited for. */
  ms(): number;
}

/** Milliseconds of work per timing: timestamps count exactly, the others also what is around. */
const WORK_MS = { "GPU timestamps": 4, "CPU time": 25, "wall time": 25 };

/** Timings of a form, of which the least counts. */
const TIMINGS = 3;

/** A form that takes this much longer than the best so far is not timed again. */
const HOPELESS = 1.5;

/** More calls than this tell nothing new. */
const MOST_CALLS = 256;

/** The best clock for a device: CPU time of an emulated one, if given; timestamps; the wall's. */
export function clockOf(gpu: Gpu, now: () => number, cpuMs?: () => number): Clock {
  if (cpuMs && gpu.adapter.software) return { name: "CPU time", ms: cpuMs };
  if (!gpu.profiling) return { name: "wall time", ms: now };
  return {
    name: "GPU timestamps",
    ms: () => gpu.kernelTimes.reduce((sum, { ms }) => sum + ms, 0),
  };
}

/**
 * Times forms on a device. Each first computes a small result, which must agree with that of the
 * case's first form.
 */
export function measureOn(gpu: Gpu, clock: Clock): Measure {
  const samples = new Map<TuningCase, Float32Array>();
  const best = new Map<TuningCase, number>();
  const timer = timerOf(gpu, clock);
  return async (question, form) => {
    const runnable = question as RunnableCase;
    const result = await read(gpu, runnable.sample(form));
    const expected = samples.get(question);
    if (expected) expectEqual(result, expected, runnable.tolerance);
    else samples.set(question, result);
    const call = () => gpu.free(runnable.run(form));
    const once = await timer(call, 1);
    const work = WORK_MS[clock.name] / Math.max(once, 1e-3);
    const calls = Math.min(MOST_CALLS, Math.max(1, Math.ceil(work)));
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
function timerOf(gpu: Gpu, clock: Clock) {
  return async (call: () => void, calls: number): Promise<number> => {
    await gpu.settle();
    const start = clock.ms();
    for (let i = 0; i < calls; i++) call();
    await gpu.settle();
    return (clock.ms() - start) / calls;
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

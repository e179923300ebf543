import { type Gpu, sameForm, type TunedForm, tuningKey, type TuningTable } from "@fiedler/gpu";
import { tuningCases } from "./cases.ts";
import { chooseForms, type TunedCase, type TuningStep } from "./choose.ts";
import { clockOf, measureOn } from "./measure.ts";

/** Options of {@linkcode tune}. */
export interface TuneOptions {
  /**
   * Wall time to stay within, compilers included: the clock is looked at before each form. Default
   * 2000.
   */
  readonly budgetMs?: number;
  /** Told before each form. */
  readonly onProgress?: (step: TuningStep) => void;
  /** Milliseconds of a clock. Default `performance.now`. */
  readonly now?: () => number;
  /**
   * Milliseconds of CPU time of this process. Where given, software adapters are timed by it, since
   * other processes disturb it less than any other clock.
   */
  readonly cpuMs?: () => number;
}

/** What {@linkcode tune} found out. */
export interface TuningResult {
  /** For {@linkcode GpuOptions.tuning}, to be kept. */
  readonly table: TuningTable;
  /** Every form with its time, and which cases were cut short. */
  readonly cases: readonly TunedCase[];
  /** Wall time that it took. */
  readonly ms: number;
}

/**
 * Times the forms of the kernels with a choice of them, matrix products and convolutions, and says
 * which are faster here than the defaults. All forms of a kernel sum in the same order.
 *
 * @param gpu opened with `profile`, for GPU timestamps; without them by the wall clock.
 * @throws {GpuError} when the device is lost.
 *
 * @example
 * ```ts
 * import { Gpu } from "@fiedler/gpu";
 * import { tune } from "@fiedler/kernels";
 * import assert from "node:assert/strict";
 *
 * const gpu = await Gpu.open({ profile: true });
 * const { table } = await tune(gpu, { budgetMs: 0 }); // no time: all defaults stay
 * assert.deepEqual(table.forms, {});
 * gpu.close();
 * const tuned = await Gpu.open({ tuning: table });
 * tuned.close();
 * ```
 */
export async function tune(
  gpu: Gpu,
  { budgetMs = 2000, onProgress, now = () => performance.now(), cpuMs }: TuneOptions = {},
): Promise<TuningResult> {
  const start = now();
  const { cases, free } = tuningCases(gpu);
  try {
    const clock = clockOf(gpu, now, cpuMs);
    const measure = measureOn(gpu, clock);
    const tuned = await chooseForms(cases, { budgetMs, now, measure, onProgress });
    const table: TuningTable = {
      format: 1,
      key: tuningKey(gpu.adapter),
      measuredAt: new Date().toISOString(),
      clock: clock.name,
      forms: formsOf(tuned),
    };
    return { table, cases: tuned, ms: now() - start };
  } finally {
    free();
  }
}

/** The forms that beat their defaults. */
function formsOf(cases: readonly TunedCase[]): TuningTable["forms"] {
  const forms: Record<string, Record<string, TunedForm>> = {};
  for (const { family, shapeClass, timed: [standard], chosen } of cases) {
    if (sameForm(chosen, standard.form)) continue;
    (forms[family] ??= {})[shapeClass] = chosen as TunedForm;
  }
  return forms;
}

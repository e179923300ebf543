import type { TrainingStep } from "./training_input.ts";

/** What is drawn of a step. */
export type CurveName = Exclude<keyof TrainingStep, "step">;

/** All of {@linkcode CurveName}, in the order in which they are drawn. */
export const CURVES: readonly CurveName[] = [
  "total",
  "category",
  "maxProjection",
  "meanProjection",
  "pairwise",
  "dice",
  "gradientNorm",
  "rate",
];

/** A step with some values; null where it has not that value. */
export type CurveStep<N extends string> =
  & { readonly step: number }
  & { readonly [name in N]: number | null };

/** A value over some steps. */
export interface Spread {
  /** One step that sticks out does not move it as it would the mean. */
  readonly median: number;
  /** Nine of ten values lie from here */
  readonly low: number;
  /** to here. */
  readonly high: number;
  /** The largest of all. */
  readonly most: number;
}

/** Neighbouring steps as one. */
export interface Bin<N extends string = CurveName> {
  /** First step of it. */
  readonly first: number;
  /** Last step of it. */
  readonly last: number;
  /** Null where none of the steps has the value. */
  readonly values: Readonly<Record<N, Spread | null>>;
}

/**
 * Steps in at most `count` bins of as many entries each, or one more or less; none is left out.
 *
 * @param names of the values. Default {@linkcode CURVES}.
 * @throws {RangeError} when steps do not rise, or a value is neither finite nor null.
 */
export function thin<N extends string = CurveName>(
  steps: readonly CurveStep<N>[],
  count: number,
  names: readonly N[] = CURVES as readonly string[] as readonly N[],
): Bin<N>[] {
  const bins = Math.min(count, steps.length);
  const start = (bin: number) => Math.floor((bin * steps.length) / bins);
  steps.forEach((step, i) => expectStep(step, i > 0 ? steps[i - 1].step : 0, names));
  return Array.from({ length: bins }, (_, bin) => {
    const part = steps.slice(start(bin), start(bin + 1));
    const values = Object.fromEntries(names.map((name) => [name, spread(part, name)]));
    return {
      first: part[0].step,
      last: part[part.length - 1].step,
      values: values as Record<N, Spread | null>, // one entry for each name
    };
  });
}

function spread<N extends string>(part: readonly CurveStep<N>[], name: N): Spread | null {
  const values = part.flatMap(({ [name]: value }): number | [] => value ?? []).sort((a, b) =>
    a - b
  );
  if (values.length === 0) return null;
  const last = values.length - 1;
  return {
    median: (values[Math.floor(last / 2)] + values[Math.ceil(last / 2)]) / 2,
    low: values[Math.floor(0.05 * last)],
    high: values[Math.ceil(0.95 * last)],
    most: values[last],
  };
}

function expectStep<N extends string>(
  it: CurveStep<N>,
  before: number,
  names: readonly N[],
): void {
  if (!(it.step > before)) {
    throw new RangeError(`training: steps must rise from 1, got ${it.step} after ${before}`);
  }
  const wrong = names.find((name) => it[name] !== null && !Number.isFinite(it[name]));
  if (wrong !== undefined) {
    throw new RangeError(
      `training: ${wrong} of step ${it.step} must be finite or null, got ${it[wrong]}`,
    );
  }
}

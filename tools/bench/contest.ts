/** The same workloads by several libraries, in turn on one adapter. */
import { calibrate, type Clock, type Sample, sample, summarise, type Summary } from "./measure.ts";
import type { Contender, Prepared } from "./peers/contender.ts";
import { type Workload, WORKLOADS } from "./peers/workloads.ts";

/** Rules of a contest. */
export interface ContestRules {
  readonly clock: Clock;
  /** Most samples of each, taken in turn so that a load on the machine meets all alike. */
  readonly rounds: number;
  /** No round is begun after so much wall time behind the first samples. */
  readonly mostMs: number;
  /** Least wall time of a sample. */
  readonly leastMs: number;
  /** Called with each result, and with why there is none. */
  log(line: string): void;
}

/** What a library took, or why it did not. */
export type Outcome =
  | (Summary & {
    readonly contender: string;
    readonly webgpu: boolean;
    /** Largest difference to our result, relative to our largest element. */
    readonly difference: number;
  })
  | { readonly contender: string; readonly webgpu: boolean; readonly failed: string };

/** A workload and what each library took. */
export interface Match {
  readonly workload: string;
  readonly flops: number;
  readonly outcomes: readonly Outcome[];
}

/**
 * Results that differ by more are not of equal work. Sums of up to 3072 products in f32 in another
 * order differ by √3072 · 2^-24 ≈ 3e-6 of their terms' size; some libraries compute exp, erf and
 * tanh to 1e-5 or so.
 */
const MOST_DIFFERENCE = 2e-4;

interface Entry {
  readonly contender: Contender;
  readonly prepared: Prepared;
  readonly calls: number;
  readonly difference: number;
  readonly samples: Sample[];
}

/** Ours, and the libraries that can be loaded; why another cannot is logged. */
export async function contendersOf(
  own: Contender,
  others: Readonly<Record<string, () => Promise<Contender>>>,
  log: (line: string) => void,
): Promise<Contender[]> {
  const contenders = [own];
  for (const [name, load] of Object.entries(others)) {
    try {
      contenders.push(await load());
    } catch (error) {
      log(`left out: ${name} could not be loaded: ${messageOf(error)}`);
    }
  }
  return contenders;
}

const messageOf = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).slice(0, 200);

/** How {@linkcode contestOf} samples. */
export interface ContestOptions extends Pick<ContestRules, "clock" | "leastMs" | "log"> {
  /** One sample each. */
  readonly quick: boolean;
}

/**
 * Runs the workloads whose names contain one of `names`, or all.
 *
 * @throws {RangeError} when there is none.
 */
export async function contestOf(
  contenders: readonly Contender[],
  names: readonly string[],
  { quick, ...rest }: ContestOptions,
): Promise<Match[]> {
  const rules = { ...rest, rounds: quick ? 1 : 5, mostMs: 30_000 };
  const matches: Match[] = [];
  for (const make of WORKLOADS) {
    const workload = make();
    if (names.length > 0 && !names.some((name) => workload.name.includes(name))) continue;
    matches.push(await match(contenders, workload, rules));
  }
  if (matches.length > 0) return matches;
  const all = WORKLOADS.map((make) => make().name).join("; ");
  throw new RangeError(`no workload is called ${names.join(" or ")}; there are: ${all}`);
}

/** Runs one workload; the first contender is ours, and its result is what others are held against. */
export async function match(
  contenders: readonly Contender[],
  workload: Workload,
  rules: ContestRules,
): Promise<Match> {
  const entries: Entry[] = [];
  const outcomes: Outcome[] = [];
  let expected: Float32Array | null = null;
  for (const contender of contenders) {
    const { name, webgpu } = contender;
    try {
      const prepared = await contender.prepare(workload);
      await prepared.run(1); // compiles
      const actual = await prepared.read();
      const difference = largestDifference(actual, expected ??= actual);
      if (!(difference <= MOST_DIFFERENCE)) {
        throw new Error(`its result differs by ${difference.toExponential(1)} of the largest`);
      }
      const { calls, first } = await calibrate(rules.clock, prepared.run, rules.leastMs);
      entries.push({ contender, prepared, calls, difference, samples: [first] });
    } catch (error) {
      if (contender === contenders[0]) throw error;
      const failed = messageOf(error);
      outcomes.push({ contender: name, webgpu, failed });
      rules.log(`${workload.name}: ${name} failed: ${failed}`);
    }
  }
  const end = rules.clock.wall() + rules.mostMs;
  for (let round = 1; round < rules.rounds && rules.clock.wall() < end; round++) {
    for (const { prepared, calls, samples } of entries) {
      samples.push(await sample(rules.clock, prepared.run, calls));
    }
  }
  for (const { contender: { name, webgpu }, prepared, samples, difference } of entries) {
    const summary = summarise(samples);
    outcomes.push({ contender: name, webgpu, difference, ...summary });
    rules.log(
      `${workload.name}: ${name} ${summary.cpuMs.toFixed(1)} ms of CPU time, ` +
        `${summary.wallMs.toFixed(1)} ms of wall time, off by ${difference.toExponential(1)}`,
    );
    await prepared.free();
  }
  const order = contenders.map(({ name }) => name);
  outcomes.sort((a, b) => order.indexOf(a.contender) - order.indexOf(b.contender));
  return { workload: workload.name, flops: workload.flops, outcomes };
}

/** NaN where the lengths differ or an element is NaN. */
function largestDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return NaN;
  let [most, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (!(difference <= most)) most = difference;
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return most / scale;
}

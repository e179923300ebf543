/** Two that do the same steps of training, in turn. */
import { calibrate, type Clock, type Run, sample, summarise, type Summary } from "./measure.ts";

/** Steps whose numbers are compared before anything is timed. */
const COMPARED = 2;
/**
 * Losses and norms that differ by more are not of equal work. Sums of some thousand products in f32 in
 * another order differ by 3e-6 of their terms' size, through some 50 layers; Adam then moves
 * parameters of vanishing gradient by the sign of their rounding, which the loss hardly depends on.
 */
const MOST_DIFFERENCE = 1e-4;

/** What a step found. */
export interface StepNumbers {
  readonly loss: number;
  /** Of all gradients together, before clipping. */
  readonly gradientNorm: number;
}

/** Something that does steps of a pretraining. */
export interface Trainee {
  readonly name: string;
  /** Of the process that does them. */
  readonly clock: Clock;
  /** Does so many steps from `first` on, and waits for their numbers. */
  steps(first: number, count: number): Promise<readonly StepNumbers[]>;
}

/** What a step took. */
export interface TraineeOutcome extends Summary {
  readonly trainee: string;
}

/** What two took, and whether they did the same. */
export interface Duel {
  /** Largest difference of a loss or norm, relative to the first's. */
  readonly difference: number;
  readonly outcomes: readonly TraineeOutcome[];
}

/** How {@linkcode duel} samples. */
export interface DuelRules {
  /** Samples of each, taken in turn so that a load on the machine meets both alike. */
  readonly rounds: number;
  /** Least wall time of a sample of ours; the other's has as many steps. */
  readonly leastMs: number;
}

/**
 * Holds numbers of the first steps against each other, then times later ones in turn.
 *
 * @throws {RangeError} when they differ.
 */
export async function duel(
  own: Trainee,
  other: Trainee,
  { rounds, leastMs }: DuelRules,
): Promise<Duel> {
  const expected = await own.steps(1, COMPARED);
  const difference = largestDifference(await other.steps(1, COMPARED), expected);
  if (!(difference <= MOST_DIFFERENCE)) {
    throw new RangeError(
      `bench --torch: losses or norms of ${other.name} differ from ours by ` +
        `${difference.toExponential(1)}, more than ${MOST_DIFFERENCE}: this is not the same work`,
    );
  }
  const runOf = (trainee: Trainee): Run => {
    let next = 1 + COMPARED;
    return async (count) => {
      await trainee.steps(next, count);
      next += count;
    };
  };
  const [ownRun, otherRun] = [runOf(own), runOf(other)];
  const { calls, first } = await calibrate(own.clock, ownRun, leastMs);
  const samples = [[first], [await sample(other.clock, otherRun, calls)]];
  for (let round = 1; round < rounds; round++) {
    samples[0].push(await sample(own.clock, ownRun, calls));
    samples[1].push(await sample(other.clock, otherRun, calls));
  }
  const outcomes = [own, other].map(({ name }, i) => ({ trainee: name, ...summarise(samples[i]) }));
  return { difference, outcomes };
}

/** Relative to the expected ones; NaN where numbers are missing. */
function largestDifference(
  actual: readonly StepNumbers[],
  expected: readonly StepNumbers[],
): number {
  if (actual.length !== expected.length) return NaN;
  const relative = (a: number, b: number) => Math.abs(a - b) / Math.abs(b);
  return Math.max(...expected.flatMap(({ loss, gradientNorm }, i) => [
    relative(actual[i].loss, loss),
    relative(actual[i].gradientNorm, gradientNorm),
  ]));
}

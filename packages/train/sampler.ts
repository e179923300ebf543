import { uniforms } from "@fiedler/kernels";
import { randomFor } from "./random_use.ts";

/** Options of {@linkcode makeSampler}. */
export interface SamplerOptions {
  /** Pictures of a step. */
  readonly batch: number;
  /** Decides the order. */
  readonly seed: number;
}

/**
 * Which pictures each step sees. Those of a step are all wide (square ones too) or all tall, so that
 * little is padded.
 *
 * Wide and tall pictures are shuffled and seen without replacement, epoch after epoch, each kind by
 * itself; a batch may end one epoch and begin the next, or be larger than its kind. Steps of the two
 * kinds alternate as evenly as their numbers allow, so that all pictures are seen equally often.
 *
 * Source: batches of one orientation are FreeSOLO's (arXiv 2202.12181); the order is our choice.
 *
 * @param sizes `[height, width]` of the pictures.
 * @returns The indices of the pictures of a step, whatever was asked before. Going on by one step
 * costs no more than the batch; an epoch's order is kept until another one is needed.
 * @throws {RangeError} when there is no picture, the batch is no positive whole number, or the seed
 * no whole number from 0 to 2⁵³ − 1.
 *
 * @example
 * ```ts
 * import { makeSampler } from "@fiedler/train";
 * import assert from "node:assert/strict";
 *
 * const sizes = [[480, 640], [640, 480], [480, 640]] as const; // two wide, one tall
 * const batchOf = makeSampler(sizes, { batch: 2, seed: 0 });
 * const steps = [0, 1, 2].map((step) => batchOf(step));
 * assert.equal(steps.flat().filter((picture) => picture === 1).length, 2); // in one batch
 * ```
 */
export function makeSampler(
  sizes: readonly (readonly [height: number, width: number])[],
  { batch, seed }: SamplerOptions,
): (step: number) => number[] {
  if (sizes.length === 0 || !Number.isSafeInteger(batch) || batch < 1) {
    throw new RangeError(
      `makeSampler: needs pictures and a positive whole batch, got ${sizes.length} pictures and ` +
        `batch ${batch}`,
    );
  }
  const isTall = ([height, width]: readonly [number, number]) => height > width;
  const [wide, tall] = [false, true].map((wanted) =>
    Uint32Array.from(sizes.keys().filter((picture) => isTall(sizes[picture]) === wanted))
  );
  // Of the first t steps, ⌊(t · wide + start) / all⌋ are wide: exact, and never a whole step off.
  const start = Math.floor(
    sizes.length * uniforms(1, randomFor(seed, "orientation", [0, 0]))[0],
  );
  const wideBefore = (step: number) => Math.floor((step * wide.length + start) / sizes.length);
  const wideAt = shuffledStream(wide, seed, 0);
  const tallAt = shuffledStream(tall, seed, 1);
  return (step) => {
    if (!Number.isSafeInteger((step + 1) * sizes.length) || step < 0) {
      throw new RangeError(`makeSampler: a step must be a whole number from 0, got ${step}`);
    }
    const before = wideBefore(step);
    const isWide = wideBefore(step + 1) > before;
    const [pictureAt, first] = isWide ? [wideAt, before] : [tallAt, step - before];
    return Array.from({ length: batch }, (_, i) => pictureAt(first * batch + i));
  };
}

/** Pictures one after the other, each once an epoch, in an order of its own for each. */
function shuffledStream(
  pictures: Uint32Array,
  seed: number,
  kind: number,
): (place: number) => number {
  let known = { epoch: -1, order: pictures };
  return (place) => {
    const epoch = Math.floor(place / pictures.length);
    if (known.epoch !== epoch) {
      known = { epoch, order: shuffled(pictures, seed, [epoch, kind]) };
    }
    return known.order[place % pictures.length];
  };
}

/** A random permutation, by Fisher and Yates. */
function shuffled(
  pictures: Uint32Array,
  seed: number,
  place: readonly [epoch: number, kind: number],
): Uint32Array {
  const order = pictures.slice();
  // Two numbers of 24 bits make one of 48: with 24 alone some of 10⁶ places would be 6 % likelier.
  const draws = uniforms(2 * order.length, randomFor(seed, "order", place));
  for (let i = order.length - 1; i > 0; i--) {
    const draw = draws[2 * i] + draws[2 * i + 1] / 2 ** 24;
    const other = Math.floor(draw * (i + 1));
    const kept = order[i];
    order[i] = order[other];
    order[other] = kept;
  }
  return order;
}

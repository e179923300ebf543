const WORDS = 0x100000000; // 2³²

/** Scatters the bits of a word: the finaliser of MurmurHash3 (Appleby, public domain). */
export function scatter(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A number in [0, 1) for a cell of a grid, the same wherever it is asked for. */
export const cellValue = (column: number, row: number, key: number): number =>
  scatter(
    Math.imul(column | 0, 0x9e3779b1) ^
      scatter(Math.imul(row | 0, 0x85ebca77) ^ key),
  ) / WORDS;

/**
 * A stream of random numbers that depends on its key alone: number n is a hash of (key, n).
 *
 * A scene draws some 50,000 numbers, most of them as sensor noise, which is why this is a hash of
 * two rounds and not Philox, as in the kernels: no GPU has to follow it, and no statistics are made
 * of it.
 */
export class Random {
  #counter = 0;

  private constructor(private readonly first: number, private readonly second: number) {}

  /** The stream of some words, in their order. */
  static of(...words: readonly number[]): Random {
    return new Random(0x243f6a88, 0x85a308d3).fork(...words);
  }

  /** An independent stream; what this one has drawn does not matter. */
  fork(...words: readonly number[]): Random {
    let { first, second } = this;
    for (const word of words) {
      first = scatter(first ^ scatter(word + 0x9e3779b9));
      second = scatter(second + Math.imul(word ^ first, 0xc2b2ae3d));
    }
    return new Random(first, second);
  }

  /** 32 random bits. */
  word(): number {
    const n = this.#counter++;
    return scatter(scatter(Math.imul(n, 0x9e3779b1) ^ this.first) + this.second);
  }

  /** A number in [0, 1). */
  unit(): number {
    return this.word() / WORDS;
  }

  /** A number from `low` to `high`. */
  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  /** True with a probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)];
  }
}

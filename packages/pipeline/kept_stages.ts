import { type AnyTensor, byteLength, type Gpu } from "@fiedler/gpu";

/** What a part of the work took. */
export interface StageTime {
  /** Such as `"eigenvectors"`. */
  readonly part: string;
  /** From its start until its results were read back. */
  readonly ms: number;
}

/** A result that may be kept. */
export interface StageResult {
  /** All of it that is on the GPU. */
  readonly tensors: readonly AnyTensor[];
}

/**
 * Results of stages, with tensors on the GPU, by what they follow from: what has not changed is not
 * computed again. Those that nobody asked for longest are given back once they are too many.
 */
export class KeptStages {
  /** In the order of their last use. */
  readonly #kept = new Map<string, StageResult>();
  readonly #inUse = new Set<string>();
  #times: StageTime[] = [];

  /** Keeps nothing yet. */
  constructor(
    private readonly gpu: Gpu,
    /** Bytes on the GPU that results are given back for, but for those in use. */
    private readonly mostBytes: number,
  ) {}

  /** Starts a round: nothing is in use, nothing took any time. */
  begin(): void {
    this.#inUse.clear();
    this.#times = [];
  }

  /** What was computed in this round, in order. */
  get times(): readonly StageTime[] {
    return this.#times;
  }

  /** The result of a key, computed only where it is not kept. */
  async of<T extends StageResult>(
    part: string,
    key: string,
    compute: () => Promise<T>,
  ): Promise<T> {
    return (await this.all(part, [key], async () => [await compute()]))[0];
  }

  /**
   * The results of several keys, of which those that are not kept are computed together.
   *
   * @param compute gets the indices of keys that are missing, and gives a result for each.
   */
  async all<T extends StageResult>(
    part: string,
    keys: readonly string[],
    compute: (missing: readonly number[]) => Promise<readonly T[]>,
  ): Promise<T[]> {
    const missing = keys.flatMap((key, i) => this.#kept.has(key) ? [] : [i]);
    if (missing.length > 0) {
      const made = await this.timed(part, () => compute(missing));
      missing.forEach((i, at) => this.#kept.set(keys[i], made[at]));
    }
    const found = keys.map((key) => this.#use<T>(key));
    this.#makeRoom();
    return found;
  }

  /** Counts the time of what is never kept. */
  async timed<T>(part: string, compute: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await compute();
    this.#times.push({ part, ms: performance.now() - start });
    return result;
  }

  /** Gives all of them back. */
  clear(): void {
    for (const key of [...this.#kept.keys()]) this.#drop(key);
  }

  #use<T extends StageResult>(key: string): T {
    const value = this.#kept.get(key) as T;
    this.#kept.delete(key);
    this.#kept.set(key, value);
    this.#inUse.add(key);
    return value;
  }

  #makeRoom(): void {
    let bytes = this.#kept.values().reduce((sum, value) => sum + bytesOf(value), 0);
    for (const [key, value] of [...this.#kept]) {
      if (bytes <= this.mostBytes) return;
      if (this.#inUse.has(key)) continue;
      bytes -= bytesOf(value);
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    this.gpu.free(...this.#kept.get(key)?.tensors ?? []);
    this.#kept.delete(key);
  }
}

const bytesOf = ({ tensors }: StageResult): number =>
  tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);

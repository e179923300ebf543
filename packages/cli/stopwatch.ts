/** Wall-clock time, in total and by part. */
export class Stopwatch {
  #start = performance.now();
  #parts = new Map<string, number>();

  /** Milliseconds since the start. */
  get totalMs(): number {
    return performance.now() - this.#start;
  }

  /** Parts in the order they first came. */
  get parts(): { name: string; ms: number }[] {
    return [...this.#parts].map(([name, ms]) => ({ name, ms }));
  }

  /** Adds to a part. */
  add(name: string, ms: number): void {
    this.#parts.set(name, (this.#parts.get(name) ?? 0) + ms);
  }

  /** Runs some work and adds its time to a part. */
  async time<T>(name: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.add(name, performance.now() - start);
    }
  }
}

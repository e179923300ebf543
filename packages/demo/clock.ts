/** Milliseconds that something runs; pauses do not count. */
export class Clock {
  #before = 0;
  /** When it last went on; null in a pause. */
  #since: number | null;
  #waiting: (() => void)[] = [];

  /** Runs from now on. */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.#since = now();
  }

  /** So far. */
  get ms(): number {
    return this.#before + (this.#since === null ? 0 : this.now() - this.#since);
  }

  /** Stops, or goes on. */
  pause(paused: boolean): void {
    if (paused === (this.#since === null)) return;
    this.#before = this.ms;
    this.#since = paused ? null : this.now();
    if (paused) return;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Waits for the end of a pause, or for a signal. */
  running(signal: AbortSignal): Promise<void> {
    if (this.#since !== null || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

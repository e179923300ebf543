interface Job {
  readonly kind: string;
  run(): Promise<void>;
  overtaken(): void;
}

/** Work that shares a device: one job after the other. */
export class WorkQueue {
  #waiting: Job[] = [];
  #busy = false;

  /**
   * Does some work when its turn comes.
   *
   * @param overtakes whether jobs of this kind that have not begun are given up.
   * @throws {DOMException} `AbortError` when a newer job overtook this one.
   */
  add<T>(kind: string, work: () => Promise<T>, overtakes = false): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (overtakes) {
      const older = this.#waiting.filter((job) => job.kind === kind);
      this.#waiting = this.#waiting.filter((job) => job.kind !== kind);
      for (const job of older) job.overtaken();
    }
    this.#waiting.push({
      kind,
      run: () => work().then(resolve, reject),
      overtaken: () => reject(new DOMException(`a newer ${kind} overtook this one`, "AbortError")),
    });
    if (!this.#busy) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      await job.run();
      await nextTurn(); // so that what overtakes the next job is heard of before it begins
    }
    this.#busy = false;
  }
}

/** The event loop's next turn, in which messages come in; timers would wait for 4 ms. */
function nextTurn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

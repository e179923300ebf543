import type { MetricsLine } from "./metrics_file.ts";
import type { Output } from "./output.ts";
import { trainingLine } from "./train_words.ts";

const PLAIN_EVERY_MS = 30_000;

/** Steps done, losses, rate and time left. */
export class TrainProgress {
  #begun: number | null = null;
  #lastPlain: number;
  #steps = 0;
  #views = 0;

  /** @param steps planned, over all rounds. */
  constructor(
    private readonly out: Output,
    private readonly steps: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#lastPlain = now();
  }

  /** Tells of a step. The rate leaves the first one out: it compiles the kernels. */
  advance(terms: MetricsLine, views: number): void {
    const now = this.now();
    if (this.#begun === null) this.#begun = now;
    else {
      this.#steps++;
      this.#views += views;
    }
    const seconds = (now - this.#begun) / 1000;
    const viewsPerSecond = seconds > 0 ? this.#views / seconds : null;
    const secondsLeft = seconds > 0 ? (this.steps - terms.step) * seconds / this.#steps : null;
    this.out.event({ event: "step", ...terms, steps: this.steps, viewsPerSecond, secondsLeft });
    const line = trainingLine({ terms, steps: this.steps, viewsPerSecond, secondsLeft });
    this.out.status(line);
    if (this.out.live || now - this.#lastPlain < PLAIN_EVERY_MS) return;
    this.#lastPlain = now;
    this.out.note(line);
  }

  /** Ends the rewritten line. */
  end(): void {
    this.out.status(null);
  }
}

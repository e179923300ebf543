import type { PretrainReport, PretrainSettings } from "@fiedler/pretrain";
import type { Output } from "./output.ts";
import { metricsLine } from "./pretrain_report.ts";
import { pretrainingLine } from "./pretrain_words.ts";

const PLAIN_EVERY_MS = 30_000;

/** Steps done, loss, rate and time left. */
export class PretrainProgress {
  #begun: number | null = null;
  #lastPlain: number;
  #steps = 0;

  /** @param settings steps planned, and pictures of each. */
  constructor(
    private readonly out: Output,
    private readonly settings: Pick<PretrainSettings, "steps" | "batch">,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#lastPlain = now();
  }

  /** Tells of steps. The rate leaves the first ones out: they compile the kernels. */
  advance(reports: readonly PretrainReport[]): void {
    const now = this.now();
    const { steps, batch } = this.settings;
    if (this.#begun === null) this.#begun = now;
    else this.#steps += reports.length;
    const seconds = (now - this.#begun) / 1000;
    const perSecond = seconds > 0 ? this.#steps / seconds : null;
    const imagesPerSecond = perSecond && batch * perSecond;
    for (const report of reports) {
      const secondsLeft = perSecond && (steps - report.step) / perSecond;
      const line = metricsLine(report);
      this.out.event({ event: "step", ...line, steps, imagesPerSecond, secondsLeft });
    }
    const { monitors, ...last } = reports[reports.length - 1];
    const secondsLeft = perSecond && (steps - last.step) / perSecond;
    const line = pretrainingLine({ ...last, ...monitors, steps, imagesPerSecond, secondsLeft });
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

import type { Output } from "./output.ts";

const TELL_EVERY_MS = 500;

/** How far a transfer is. */
export class FetchProgress {
  #started = performance.now();
  #told = -Infinity;
  #have: number;

  constructor(
    private readonly out: Output,
    private readonly start: number,
    private readonly total: number | null,
  ) {
    this.#have = start;
    if (start > 0) out.note(`going on after ${(start / 1e6).toFixed(1)} MB`);
  }

  /** Counts bytes and tells. */
  advance(bytes: number): void {
    this.#have += bytes;
    const now = performance.now();
    if (now - this.#told < TELL_EVERY_MS) return;
    this.#told = now;
    const { total } = this;
    const perSecond = (this.#have - this.start) / (now - this.#started) * 1000;
    this.out.event({ event: "progress", bytes: this.#have, total, perSecond });
    const share = total === null ? "" : ` of ${(total / 1e6).toFixed(1)}`;
    const rate = `${(perSecond / 1e6).toFixed(1)} MB/s`;
    this.out.status(`${(this.#have / 1e6).toFixed(1)}${share} MB, ${rate}`);
  }

  /** Ends the rewritten line. */
  end(): void {
    this.out.status(null);
  }
}

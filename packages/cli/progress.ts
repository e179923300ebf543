import type { Output } from "./output.ts";

const PLAIN_EVERY_MS = 30_000;

/** Pictures done, rate and time left. */
export class Progress {
  #started: number;
  #lastPlain: number;
  #before: number;

  /** @param done Pictures of earlier sessions, which say nothing about the rate. */
  constructor(
    private readonly out: Output,
    private readonly total: number,
    private done: number,
    private readonly now: () => number,
  ) {
    this.#started = this.#lastPlain = now();
    this.#before = done;
    out.status(`${done} of ${total} pictures`);
  }

  /** Counts pictures and tells. */
  advance(pictures: number): void {
    this.done += pictures;
    const seconds = (this.now() - this.#started) / 1000;
    const rate = (this.done - this.#before) / Math.max(seconds, 1e-3);
    const etaSeconds = rate > 0 ? (this.total - this.done) / rate : null;
    this.out.event({ event: "progress", done: this.done, total: this.total, rate, etaSeconds });
    const line = progressLine(this.done, this.total, rate, etaSeconds);
    this.out.status(line);
    if (this.out.live || this.now() - this.#lastPlain < PLAIN_EVERY_MS) return;
    this.#lastPlain = this.now();
    this.out.note(line);
  }

  /** Ends the rewritten line. */
  end(): void {
    this.out.status(null);
  }
}

/** `12 of 40 pictures, 3.1 a second, 9 s left`. */
export function progressLine(
  done: number,
  total: number,
  perSecond: number,
  etaSeconds: number | null,
): string {
  const rate = perSecond >= 1
    ? `${perSecond.toPrecision(2)} a second`
    : `${(60 * perSecond).toPrecision(2)} a minute`;
  const left = etaSeconds === null || done === total ? "" : `, ${seconds(etaSeconds)} left`;
  return `${done} of ${total} pictures, ${rate}${left}`;
}

/** `9 s`, `4 min 05 s`, `7 h 03 min`. */
export function seconds(value: number): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const whole = Math.round(value);
  if (whole < 60) return value < 10 ? `${value.toFixed(1)} s` : `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor(whole % 3600 / 60))} min`;
}

/**
 * `metrics.jsonl`: what each step of a training said, one line a step.
 *
 * It holds no times: those go to `log.jsonl`, so that a training that was interrupted and resumed
 * leaves the same bytes as one that was not.
 */
import type { TrainingStep } from "@fiedler/report";
import type { Disk } from "./disk.ts";
import { CliError, EXIT } from "./exit.ts";
import { readJsonLines, repairJsonLines } from "./jsonl.ts";

/** A line of the file. */
export interface MetricsLine extends TrainingStep {
  /** Cells that are to show an object, in all views of the step. */
  readonly positives: number;
  /** Masks that were compared. */
  readonly entries: number;
}

/** Lines kept back until they are stored together: a sync for each would slow small steps. */
const HELD = 16;

/** What every line of such a file has. */
export interface StepLine {
  /** From 1. */
  readonly step: number;
}

/** The file of a training that runs. */
export class MetricsFile<L extends StepLine = MetricsLine> {
  #held: string[] = [];

  private constructor(
    private readonly disk: Disk,
    private readonly path: string,
    private last: number,
    private readonly names: readonly (keyof L & string)[],
  ) {}

  /**
   * Opens the file for the steps after a checkpoint: what was written after it is cut off.
   *
   * @param step Of the checkpoint; 0 for a new training.
   * @param names Of a line's numbers, in the order in which they are written.
   * @throws {CliError} exit 2 when the lines up to the checkpoint are not all there.
   */
  static async open<L extends StepLine = MetricsLine>(
    disk: Disk,
    path: string,
    step: number,
    names: readonly (keyof L & string)[] = NAMES as readonly (keyof L & string)[],
  ): Promise<MetricsFile<L>> {
    await cutAfter(disk, path, step);
    return new MetricsFile<L>(disk, path, step, names);
  }

  /**
   * Adds the line of the next step.
   *
   * @throws {RangeError} when it is not the next one, or a number is not finite.
   */
  async add(line: L): Promise<void> {
    if (line.step !== this.last + 1) {
      throw new RangeError(`metrics: step must be ${this.last + 1}, got ${line.step}`);
    }
    this.#held.push(`${text(line, this.names)}\n`);
    this.last = line.step;
    if (this.#held.length >= HELD) await this.flush();
  }

  /** Stores all lines. To be called before a checkpoint is written, and at the end. */
  async flush(): Promise<void> {
    const text = this.#held.join("");
    this.#held = []; // a failed write may have stored a part: it is not tried again
    await this.disk.append(this.path, text);
  }
}

/** The lines of a file, in their order; nothing when there is none. A torn last line is left out. */
export async function readMetrics<L extends StepLine = MetricsLine>(path: string): Promise<L[]> {
  const lines = await Array.fromAsync(readJsonLines(path, { torn: "ignore" }));
  return lines as L[]; // written by this module
}

/** Of a segmenter's training, in the order in which they are written. */
const NAMES: readonly (keyof MetricsLine)[] = [
  "step",
  "rate",
  "category",
  "maxProjection",
  "meanProjection",
  "pairwise",
  "dice",
  "total",
  "gradientNorm",
  "positives",
  "entries",
];

function text<L extends StepLine>(line: L, names: readonly (keyof L & string)[]): string {
  for (const name of names) {
    if (line[name] === null || Number.isFinite(line[name])) continue;
    throw new RangeError(
      `metrics: ${name} of step ${line.step} must be finite or null, got ${line[name]}`,
    );
  }
  return JSON.stringify(line, [...names]);
}

/** Leaves the lines of steps 1 to `step`, which all have to be there. */
async function cutAfter(disk: Disk, path: string, step: number): Promise<void> {
  let whole = 0;
  let inOrder = true;
  await repairJsonLines(disk, path, (line) => {
    whole++;
    inOrder &&= (line as StepLine)?.step === whole;
  });
  if (whole < step || !inOrder) {
    throw new CliError(
      EXIT.usage,
      inOrder
        ? `the metrics end at step ${whole}, before the checkpoint of step ${step}`
        : "the metrics are not those of steps 1, 2, 3, …",
      path,
      "put the file back as it was, or start anew with --force",
    );
  }
  if (whole === step) return;
  const bytes = await Deno.readFile(path);
  let end = 0;
  for (let line = 0; line < step; line++) end = bytes.indexOf(10, end) + 1;
  await disk.truncate(path, end);
}

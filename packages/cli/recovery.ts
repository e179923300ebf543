import { type AdapterReport, GpuLostError } from "@fiedler/gpu";
import { CliError, EXIT } from "./exit.ts";

const MOST_LOSSES = 3;
const WITHIN_MS = 60_000;

/** Anything that computes on a GPU device of its own. */
export interface Reopenable {
  readonly adapter: AdapterReport;
  close(): void;
}

/** An engine that is opened again when its device is lost. */
export class SturdyEngine<E extends Reopenable> implements Disposable {
  #losses: number[] = [];

  private constructor(
    private readonly open: () => Promise<E>,
    private current: E,
    private readonly onLoss: (error: GpuLostError) => Promise<void>,
    private readonly now: () => number,
  ) {}

  /** Opens the first engine. */
  static async open<E extends Reopenable>(
    open: () => Promise<E>,
    onLoss: (error: GpuLostError) => Promise<void>,
    now: () => number = () => performance.now(),
  ): Promise<SturdyEngine<E>> {
    return new SturdyEngine(open, await open(), onLoss, now);
  }

  /** The engine of the moment. */
  get engine(): E {
    return this.current;
  }

  /**
   * Runs some work, again from its start when the device is lost meanwhile.
   *
   * @throws {CliError} exit 6 after three losses within a minute.
   */
  async run<T>(work: (engine: E) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work(this.current);
      } catch (error) {
        if (!(error instanceof GpuLostError)) throw error;
        await this.#reopen(error);
      }
    }
  }

  async #reopen(error: GpuLostError): Promise<void> {
    const name = this.current.adapter.description;
    this.#losses = [...this.#losses.filter((at) => this.now() - at < WITHIN_MS), this.now()];
    await this.onLoss(error);
    this.current.close();
    if (this.#losses.length >= MOST_LOSSES) {
      throw new CliError(
        EXIT.gpu,
        `the GPU was lost ${this.#losses.length} times within a minute`,
        name,
        "update its driver, use smaller pictures (--resize) or --batch 1, then run the same " +
          "command again; everything so far is saved",
        { cause: error },
      );
    }
    this.current = await this.open();
  }

  /** Closes the engine. */
  [Symbol.dispose](): void {
    this.current.close();
  }
}

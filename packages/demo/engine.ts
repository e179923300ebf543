import { Gpu, GpuLostError } from "@fiedler/gpu";
import { type Explorer, type Extractor, makeExplorer } from "@fiedler/pipeline";
import type { AdapterFacts, StudioNews } from "./studio.ts";

/** A device and what lies on it: all of it goes when the device does. */
export interface Bench {
  readonly gpu: Gpu;
  readonly explorer: Explorer;
  /** Extractors that are loaded, by their id. */
  readonly extractors: Map<string, Promise<Extractor>>;
}

/** A driver that fails so often within so many milliseconds is left alone until they are over. */
const MOST_LOSSES = { losses: 3, ms: 60_000 };

/** The worker's device, which is opened again when it is lost. */
export class Engine {
  #bench: Promise<Bench> | null = null;
  /** Benches whose loss was told. */
  readonly #lost = new WeakSet<Bench>();
  #losses: { readonly at: number; readonly message: string }[] = [];
  /** A loss was told, and nothing worked since. */
  #down = false;
  #closed = false;

  constructor(
    private readonly tell: (news: StudioNews) => void,
    /** Called when the device is lost: something is to be done on a new one. */
    private readonly onLost: () => void,
  ) {}

  /** What computes. */
  async adapter(): Promise<AdapterFacts> {
    const { gpu: { adapter } } = await this.#open();
    const { vendor, architecture, description, software } = adapter;
    return { vendor, architecture, description, software };
  }

  /**
   * Does some work on the device, from its start again on a new one when it is lost.
   *
   * @throws {GpuLostError} when that has happened three times within a minute.
   */
  async use<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
    for (;;) {
      this.#expectLuck();
      const bench = await this.#open();
      try {
        const result = await work(bench);
        if (this.#down) this.tell({ kind: "recovered" });
        this.#down = false;
        return result;
      } catch (error) {
        if (!(error instanceof GpuLostError) && !this.#lost.has(bench)) throw error;
        this.#noteLoss(bench, (error as Error).message);
      }
    }
  }

  /** Whether a loss was told, and nothing worked since. */
  get isDown(): boolean {
    return this.#down;
  }

  /** Destroys the device. */
  async lose(): Promise<void> {
    (await this.#open()).gpu.device.destroy();
  }

  /** Frees everything. */
  async close(): Promise<void> {
    this.#closed = true;
    const bench = await this.#bench?.catch(() => null);
    bench?.gpu.close();
  }

  #open(): Promise<Bench> {
    if (this.#closed) throw new TypeError("the studio was disposed of");
    if (this.#bench) return this.#bench;
    const opening = this.#make();
    opening.catch(() => this.#bench = null); // asked again, it is tried again
    return this.#bench = opening;
  }

  async #make(): Promise<Bench> {
    const gpu = await Gpu.open();
    const bench = { gpu, explorer: makeExplorer(gpu), extractors: new Map() };
    gpu.device.lost.then(({ reason, message }) => {
      if (this.#closed) return;
      this.#noteLoss(bench, message || reason);
      this.onLost();
    });
    return bench;
  }

  /** The first to hear of a loss tells it. */
  #noteLoss(bench: Bench, message: string): void {
    if (this.#lost.has(bench)) return;
    this.#lost.add(bench);
    this.#losses.push({ at: performance.now(), message });
    this.#bench = null;
    this.#down = true;
    bench.gpu.close();
    this.tell({ kind: "lost", words: message });
  }

  /** @throws {GpuLostError} when too many devices were lost of late. */
  #expectLuck(): void {
    const { losses, ms } = MOST_LOSSES;
    this.#losses = this.#losses.filter(({ at }) => performance.now() - at < ms);
    if (this.#losses.length < losses) return;
    const { message } = this.#losses.at(-1)!;
    throw new GpuLostError(
      `the GPU was lost ${losses} times within a minute, at last: ${message}; update its ` +
        "driver, or wait a minute and try smaller pictures",
    );
  }
}

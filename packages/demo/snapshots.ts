import type { SnapshotFacts } from "./pretraining.ts";

/** Most that are kept: our choice. Of the embedded encoder's size one has 1.6 MB. */
const MOST = 24;
/** Milliseconds between two, at first. */
const EVERY_MS = 2500;

/** An encoder as it was at some step. */
export interface Snapshot {
  readonly facts: SnapshotFacts;
  /** As `recognise` reads it. */
  readonly file: Uint8Array<ArrayBuffer>;
}

/**
 * The snapshots of a pretraining of any length, evenly apart: whenever there are too many, every
 * second one goes, and from then on they are taken half as often. The first one stays.
 */
export class Snapshots {
  #kept: Snapshot[] = [];
  #everyMs = EVERY_MS;
  #ids = 0;

  /** All that are kept, oldest first. */
  get facts(): readonly SnapshotFacts[] {
    return this.#kept.map(({ facts }) => facts);
  }

  /** Forgets all, for another pretraining. */
  clear(): void {
    this.#kept = [];
    this.#everyMs = EVERY_MS;
  }

  /** Whether it is time for the next one, after so many milliseconds of learning. */
  isDue(ms: number): boolean {
    const last = this.#kept.at(-1);
    const turn = (ms: number) => Math.floor(ms / this.#everyMs);
    return !last || turn(ms) > turn(last.facts.ms);
  }

  /** Keeps one more. */
  add(facts: Omit<SnapshotFacts, "id">, file: Uint8Array<ArrayBuffer>): void {
    this.#kept.push({ facts: { id: this.#ids++, ...facts }, file });
    if (this.#kept.length <= MOST) return;
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    this.#everyMs *= 2;
  }

  /**
   * One of them.
   *
   * @throws {RangeError} when it is not kept any more.
   */
  find(id: number): Snapshot {
    const found = this.#kept.find(({ facts }) => facts.id === id);
    if (found) return found;
    throw new RangeError(`snapshot ${id}: needs one of those that are kept; it was thinned out`);
  }
}

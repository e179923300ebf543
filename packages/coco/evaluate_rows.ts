/** A detection as the matching sees it: its score, and its overlap with each object. */
export interface Row {
  readonly score: number;
  /** Area in pixels. */
  readonly area: number;
  readonly category: number;
  /** The objects that it may match, each followed by the IoU: `[object, iou, object, iou, …]`. */
  readonly overlaps: readonly number[];
}

/**
 * The best detections of a picture, in as little memory as their number allows.
 *
 * Detections come in any order, one at a time. Those that cannot be among the `cap` best are let go
 * now and then; equal scores stay, because what decides between them is known only at the end.
 */
export class BestRows {
  #rows: Row[] = [];
  #limit: number;
  #floor = -Infinity;

  /** @param cap How many will be asked for. */
  constructor(readonly cap: number) {
    this.#limit = 2 * cap;
  }

  /** Whether a detection of this score could still be among the best. */
  accepts(score: number): boolean {
    return score >= this.#floor;
  }

  /** Adds a detection, the later the lower among equals. */
  add(row: Row): void {
    if (!this.accepts(row.score)) return;
    this.#rows.push(row);
    if (this.#rows.length > this.#limit) this.#prune();
  }

  /**
   * The best, highest score first, ties in the order of their coming.
   *
   * @param byCategory Ties go to the lower category id first.
   */
  sorted({ byCategory }: { readonly byCategory: boolean }): readonly Row[] {
    return this.#rows
      .toSorted((a, b) => b.score - a.score || (byCategory ? a.category - b.category : 0))
      .slice(0, this.cap);
  }

  #prune(): void {
    this.#floor = this.#rows.map(({ score }) => score).sort((a, b) => b - a)[this.cap - 1];
    this.#rows = this.#rows.filter(({ score }) => this.accepts(score));
    this.#limit = 2 * Math.max(this.cap, this.#rows.length);
  }
}

import type { DropReason, PictureFlag, PictureRecord } from "@fiedler/pipeline";

const SCORE_BINS = 20;

/** How the masks of one clustering fared. */
export interface Fate {
  kept: number;
  readonly dropped: Record<DropReason["rule"], number>;
}

/** What the report says of all pictures together; its size does not grow with their number. */
export interface Tally {
  pictures: number;
  kept: number;
  /** Fate of the masks by cluster count. */
  readonly byClusters: Map<number, Fate>;
  /** Number of pictures by number of masks kept. */
  readonly perPicture: Map<number, number>;
  readonly flags: Map<PictureFlag, number>;
  /** Saliency scores of all masks that have one, in 20 bins from 0 to 1. */
  readonly scores: number[];
  /** Eigenvalue 1, 2, …: over how many pictures, their sum and their ends. */
  readonly eigenvalues: { pictures: number; sum: number; least: number; most: number }[];
  /** Network files by name, with their hash. */
  readonly models: Map<string, string>;
}

/** A tally of no picture. */
export function emptyTally(): Tally {
  return {
    pictures: 0,
    kept: 0,
    byClusters: new Map(),
    perPicture: new Map(),
    flags: new Map(),
    scores: new Array<number>(SCORE_BINS).fill(0),
    eigenvalues: [],
    models: new Map(),
  };
}

/** Counts one more picture. */
export function add(tally: Tally, record: PictureRecord): void {
  const kept = record.masks.filter((mask) => mask.dropped === null).length;
  tally.pictures++;
  tally.kept += kept;
  increment(tally.perPicture, kept);
  for (const flag of new Set(record.flags)) increment(tally.flags, flag);
  for (const { k, dropped, ioa } of record.masks) {
    const fate = tally.byClusters.get(k) ??
      { kept: 0, dropped: { area: 0, size: 0, saliency: 0, nms: 0 } };
    tally.byClusters.set(k, fate);
    if (dropped === null) fate.kept++;
    else fate.dropped[dropped.rule]++;
    if (ioa !== null) tally.scores[Math.min(SCORE_BINS - 1, Math.floor(ioa * SCORE_BINS))]++;
  }
  record.eigen.values.forEach((value, i) => {
    const range = tally.eigenvalues[i] ??= { pictures: 0, sum: 0, least: value, most: value };
    range.pictures++;
    range.sum += value;
    range.least = Math.min(range.least, value);
    range.most = Math.max(range.most, value);
  });
  for (const model of [record.model, record.saliencyModel]) {
    if (model) tally.models.set(model.name, model.sha256);
  }
}

/** Masks dropped by one rule, over all clusterings. */
export function droppedBy(tally: Tally, rule: DropReason["rule"]): number {
  return [...tally.byClusters.values()].reduce((sum, fate) => sum + fate.dropped[rule], 0);
}

/** Median number of masks kept per picture; 0 without pictures. */
export function medianKept({ pictures, perPicture }: Tally): number {
  const sorted = [...perPicture].sort(([a], [b]) => a - b);
  const at = (place: number) => {
    let seen = 0;
    return sorted.find(([, count]) => (seen += count) > place)?.[0] ?? 0;
  };
  return (at(Math.floor((pictures - 1) / 2)) + at(Math.floor(pictures / 2))) / 2;
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

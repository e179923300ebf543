import type { Cells } from "./cells.ts";

/** Pairs of objects, and how many of them one cluster holds. */
export interface MergeCount {
  /** Pairs whose two objects have most of their patches in the same cluster. */
  readonly merged: number;
  /** All pairs. */
  readonly pairs: number;
}

/** The pairs of one picture and one clustering. */
export interface Merges {
  /** Pairs of one category. */
  readonly same: MergeCount;
  /** Pairs of two categories. */
  readonly other: MergeCount;
}

/**
 * Of two objects in one picture, how often does a clustering give both the same majority cluster,
 * before clusters are split into connected pieces? The split hides this: most clusters of several
 * objects fall apart into one piece each anyway.
 *
 * Objects that own no patch are in no pair. The lowest cluster wins ties.
 *
 * @param labels `[patches]`: the cluster of each patch.
 * @param categories of each object.
 */
export function countMerges(
  { owners }: Pick<Cells, "owners">,
  labels: ArrayLike<number>,
  categories: readonly number[],
): Merges {
  const majority = majorityClusters(owners, labels, categories.length);
  const same = { merged: 0, pairs: 0 };
  const other = { merged: 0, pairs: 0 };
  for (let a = 0; a < categories.length; a++) {
    for (let b = a + 1; b < categories.length; b++) {
      if (majority[a] < 0 || majority[b] < 0) continue;
      const count = categories[a] === categories[b] ? same : other;
      count.pairs++;
      if (majority[a] === majority[b]) count.merged++;
    }
  }
  return { same, other };
}

/** The cluster of most patches of each object, −1 for an object without patches. */
function majorityClusters(
  owners: Int32Array,
  labels: ArrayLike<number>,
  objects: number,
): Int32Array {
  const clusters = Array.from(labels).reduce((most, label) => Math.max(most, label + 1), 0);
  const votes = new Uint32Array(objects * clusters);
  owners.forEach((owner, cell) => {
    if (owner >= 0) votes[owner * clusters + labels[cell]]++;
  });
  return Int32Array.from({ length: objects }, (_, object) => {
    const own = votes.subarray(object * clusters, (object + 1) * clusters);
    const most = own.reduce((a, b) => Math.max(a, b), 0);
    return most === 0 ? -1 : own.indexOf(most);
  });
}

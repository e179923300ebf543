/**
 * Colours for clusterings of the same patches, so that a segment which stays keeps its colour.
 *
 * Each clustering is matched to the one before: of all pairs of clusters the one that shares most
 * patches goes first, then the next among those left. Clusters without a match get free colours.
 *
 * @param clusterings Labels of each, all of the same length.
 * @returns For each clustering the colour number of each label; distinct within a clustering.
 */
export function alignColours(clusterings: readonly Uint8Array[]): number[][] {
  let previous: { labels: Uint8Array; colours: number[] } | null = null;
  return clusterings.map((labels) => {
    const colours: number[] = previous
      ? inherit(labels, previous.labels, previous.colours)
      : Array.from({ length: clusterCount(labels) }, (_, label) => label);
    previous = { labels, colours };
    return colours;
  });
}

function inherit(
  labels: Uint8Array,
  before: Uint8Array,
  coloursBefore: readonly number[],
): number[] {
  const colours = new Array<number>(clusterCount(labels)).fill(-1);
  const taken = new Set<number>();
  for (const [label, colour] of pairsByOverlap(labels, before, coloursBefore)) {
    if (colours[label] >= 0 || taken.has(colour)) continue;
    colours[label] = colour;
    taken.add(colour);
  }
  return colours.map((colour) => {
    if (colour >= 0) return colour;
    let free = 0;
    while (taken.has(free)) free++;
    taken.add(free);
    return free;
  });
}

/** [label, colour it would inherit], most shared patches first. */
function pairsByOverlap(
  labels: Uint8Array,
  before: Uint8Array,
  colours: readonly number[],
): [label: number, colour: number][] {
  const shared = new Map<number, number>(); // label × 256 + label before → patches
  labels.forEach((label, i) => {
    const pair = label * 256 + before[i];
    shared.set(pair, (shared.get(pair) ?? 0) + 1);
  });
  return [...shared]
    .sort(([a, patchesA], [b, patchesB]) => patchesB - patchesA || a - b)
    .map(([pair]) => [Math.floor(pair / 256), colours[pair % 256]]);
}

function clusterCount(labels: Uint8Array): number {
  return labels.reduce((most, label) => Math.max(most, label + 1), 0);
}

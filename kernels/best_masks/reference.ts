/** The masks of the best scores, best first. */
export function bestMasks(
  { counts, means, chances, least }: {
    readonly counts: readonly number[];
    readonly means: readonly number[];
    readonly chances: readonly number[];
    readonly least: readonly number[];
  },
  limit: number,
): number[] {
  const scores = counts.map((count, m) =>
    count > least[m] ? Math.fround(Math.fround(chances[m]) * Math.fround(means[m])) : 0
  );
  return [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b).slice(0, limit);
}

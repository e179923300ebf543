/** A term of the loss, as {@linkcode LossSettings} names its factor. */
export type LossTerm = "category" | "maxProjection" | "meanProjection" | "pairwise" | "dice";

/** All of them. */
export const LOSS_TERMS: readonly LossTerm[] = [
  "category",
  "maxProjection",
  "meanProjection",
  "pairwise",
  "dice",
];

/** Values of the terms, before their factors; null where a term was not asked for, or had no entry. */
export type LossTerms = Readonly<Record<LossTerm, number | null>>;

/** The sum of the terms times their factors. */
export function weightedTotal(
  terms: LossTerms,
  factors: Readonly<Record<LossTerm, number>>,
): number {
  return LOSS_TERMS.reduce((sum, term) => sum + factors[term] * (terms[term] ?? 0), 0);
}

/** The terms times their factors, so that they add up to the total. */
export function factoredTerms(
  terms: LossTerms,
  factors: Readonly<Record<LossTerm, number>>,
): LossTerms {
  const times = (term: LossTerm) => {
    const value = terms[term];
    return [term, value === null ? null : factors[term] * value] as const;
  };
  return Object.fromEntries(LOSS_TERMS.map(times)) as LossTerms;
}

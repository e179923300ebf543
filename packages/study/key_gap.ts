import type { Cells } from "./cells.ts";

/** Cosines of pairs of keys. */
export interface CosineSum {
  /** Sum of their cosines. */
  readonly sum: number;
  /** How many pairs. */
  readonly pairs: number;
}

/** Cosines of the keys of one picture, by what the two patches have to do with each other. */
export interface KeyCosines {
  /** Both in one object. */
  readonly instance: CosineSum;
  /** In two objects of one category. */
  readonly category: CosineSum;
  /** In objects of two categories. */
  readonly other: CosineSum;
}

/** Share of a patch that its object must have for its key to count. Default of our analyses. */
export const PURE = 0.7;

/**
 * How alike the keys of objects are: within an object, between objects of one category, between
 * categories. The first less the second is the instance gap, the second less the third the category
 * gap.
 *
 * Patches count that belong to an object by more than `purity`. Sums over pairs come from sums of
 * unit keys: Σ_{i<j} u_i·u_j = (|Σu|² − Σ|u|²) / 2, in f64, so time is linear in the patches.
 *
 * @param keys `[patches, dim]`; a key of zeros has cosine 0 with every other.
 * @param categories of each object.
 */
export function keyCosines(
  keys: ArrayLike<number>,
  { owners, purity }: Cells,
  categories: readonly number[],
  { purity: least = PURE }: { readonly purity?: number } = {},
): KeyCosines {
  const dim = keys.length / owners.length;
  const sums = categories.map(() => ({ unit: new Float64Array(dim), squares: 0, patches: 0 }));
  owners.forEach((owner, cell) => {
    if (owner < 0 || !(purity[cell] > least)) return;
    const key = Float64Array.from({ length: dim }, (_, d) => keys[cell * dim + d]);
    const length = Math.sqrt(dot(key, key)) || 1;
    const sum = sums[owner];
    const unit = key.map((value) => value / length);
    unit.forEach((value, d) => sum.unit[d] += value);
    sum.squares += dot(unit, unit);
    sum.patches++;
  });
  const out = {
    instance: { sum: 0, pairs: 0 },
    category: { sum: 0, pairs: 0 },
    other: { sum: 0, pairs: 0 },
  };
  sums.forEach((a, i) => {
    out.instance.sum += (dot(a.unit, a.unit) - a.squares) / 2;
    out.instance.pairs += a.patches * (a.patches - 1) / 2;
    sums.slice(i + 1).forEach((b, more) => {
      const relation = categories[i] === categories[i + 1 + more] ? out.category : out.other;
      relation.sum += dot(a.unit, b.unit);
      relation.pairs += a.patches * b.patches;
    });
  });
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

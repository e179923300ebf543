import { bootstrap, type BootstrapOptions, type Estimate } from "./bootstrap.ts";
import { hasEnough, measure, type Measures, type Ratio, type RecallBucket } from "./measures.ts";
import type { PictureStudy } from "./picture.ts";
import { gap, merged, recall, type Score } from "./scores.ts";
import type { Method } from "./table1.ts";

/**
 * How a claim fares: it holds by more than two standard errors, nothing can be said within two of
 * them, or it is wrong by more; `untested` where an extractor is missing, or pictures of such
 * objects are.
 */
export type Verdict = "holds" | "within error" | "does not hold" | "untested";

/** One inequality of a claim. */
export interface Comparison {
  /** What is compared: `mae − dino`. */
  readonly what: string;
  /** Positive where the claim is right; of the paired bootstrap. */
  readonly difference: Estimate;
  /** How this inequality fares. */
  readonly verdict: Verdict;
}

/** One of the orderings that Table 1 shows, or of ours about its mechanism, and how it fares. */
export interface Claim {
  /** `a` to `e` as the orderings of Table 1 are numbered, `f` and on are ours. */
  readonly id: string;
  /** In words. */
  readonly text: string;
  /** The worst of its comparisons. */
  readonly verdict: Verdict;
  /** Its inequalities; none when untested. */
  readonly comparisons: readonly Comparison[];
}

/** An extractor on the pictures that all of them have, in one order. */
export interface Contender {
  /** Its name, unique. */
  readonly name: string;
  /** Which row of Table 1 it stands for; null for baselines and variants. */
  readonly method: Method | null;
  /** Picture by picture. */
  readonly pictures: readonly PictureStudy[];
}

interface Rule {
  readonly id: string;
  readonly text: string;
  /** Pairs of what must be larger and what must be smaller; null where a method is missing. */
  pairs(among: readonly Entry[]): readonly Pair[] | null;
}

interface Entry extends Contender {
  readonly measures: Measures;
}

interface Pair {
  readonly what: string;
  readonly from: readonly Ratio[];
  difference(weights: ArrayLike<number>): number;
}

const of = (method: Method, among: readonly Entry[]) =>
  among.find((entry) => entry.method === method) ?? null;

/** `better` above each of `others` by a score. */
const above = (score: Score, better: Entry, others: readonly Entry[]): Pair[] =>
  others.map((other) => ({
    what: `${better.name} − ${other.name}`,
    from: [...score.from(better.measures), ...score.from(other.measures)],
    difference: (weights) => score.of(better.measures, weights) - score.of(other.measures, weights),
  }));

const between = (score: Score, better: Method, worse: Method) => (among: readonly Entry[]) => {
  const [first, second] = [of(better, among), of(worse, among)];
  return first && second && above(score, first, [second]);
};

/** The orderings that hold in both halves of Table 1 (a to e), and its mechanism (f, g). */
const RULES: readonly Rule[] = [
  {
    id: "a",
    text: "DINO finds more single objects than MAE",
    pairs: between(recall("1"), "dino", "mae"),
  },
  {
    id: "b",
    text: "of two or more of a category, MAE finds more than every other extractor",
    pairs(among) {
      const mae = of("mae", among);
      const others = among.filter(({ method }) => method !== "mae");
      return mae && others.length > 0 ? above(recall("2+"), mae, others) : null;
    },
  },
  {
    id: "c",
    text: "of two or more of a category, SelfPatch finds most after MAE",
    pairs(among) {
      const second = of("selfpatch", among);
      const others = among.filter(({ method }) => method !== "mae" && method !== "selfpatch");
      return second && others.length > 0 ? above(recall("2+"), second, others) : null;
    },
  },
  {
    id: "d",
    text: "DenseCL finds least",
    pairs(among) {
      const last = of("densecl", among);
      const others = among.filter(({ method }) => method !== null && method !== "densecl");
      return last && others.length > 0
        ? others.flatMap((other) => above(recall("all"), other, [last]))
        : null;
    },
  },
  {
    id: "e",
    text: "MAE's recall over DINO's is larger for two or more of a category than for one",
    pairs(among) {
      const [mae, dino] = [of("mae", among), of("dino", among)];
      if (!mae || !dino) return null;
      const share = (bucket: RecallBucket, weights: ArrayLike<number>) =>
        recall(bucket).of(mae.measures, weights) / recall(bucket).of(dino.measures, weights);
      return [{
        what: "ratio for 2+ − ratio for 1",
        from: [mae, dino].flatMap(({ measures: { recall } }) => [recall["1"], recall["2+"]]),
        difference: (weights) => share("2+", weights) - share("1", weights),
      }];
    },
  },
  {
    id: "f",
    text: "ours: five clusters put fewer pairs of one category together with MAE than with DINO",
    pairs: between(merged(5), "dino", "mae"),
  },
  {
    id: "g",
    text: "ours: of what sets keys apart, more is the instance with MAE than with DINO",
    pairs: between(gap("instanceShare"), "mae", "dino"),
  },
];

/**
 * Which of the paper's orderings hold on some pictures, with paired bootstrap errors.
 *
 * @throws {RangeError} when extractors do not have as many pictures each.
 */
export function testClaims(
  contenders: readonly Contender[],
  options?: BootstrapOptions,
): Claim[] {
  const pictures = contenders[0]?.pictures.length ?? 0;
  if (contenders.some((one) => one.pictures.length !== pictures)) {
    throw new RangeError(
      "testClaims: all extractors need the same pictures, got " +
        contenders.map((one) => `${one.pictures.length} of ${one.name}`).join(", "),
    );
  }
  const among = contenders.map((one) => ({ ...one, measures: measure(one.pictures) }));
  return RULES.map(({ id, text, pairs }) => {
    const compared = pairs(among) ?? [];
    const estimates = bootstrap(
      pictures,
      (weights) => compared.map(({ difference }) => difference(weights)),
      options,
    );
    const comparisons = compared.map(({ what, from }, i) => {
      const difference = from.every(hasEnough) ? estimates[i] : { ...estimates[i], error: null };
      return { what, difference, verdict: verdictOf(difference) };
    });
    return { id, text, verdict: worst(comparisons), comparisons };
  });
}

function verdictOf({ value, error }: Estimate): Verdict {
  if (error === null || !Number.isFinite(value)) return "untested";
  if (Math.abs(value) <= 2 * error) return "within error";
  return value > 0 ? "holds" : "does not hold";
}

/** From worst to best. */
const VERDICTS: readonly Verdict[] = ["does not hold", "within error", "untested", "holds"];

const worst = (comparisons: readonly Comparison[]): Verdict =>
  VERDICTS.find((verdict) => comparisons.some((one) => one.verdict === verdict)) ?? "untested";

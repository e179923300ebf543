import type { Claim } from "./claims.ts";
import type { Difference } from "./differences.ts";
import type { StudySummary } from "./summary.ts";
import type { Method } from "./table1.ts";

/** One extractor on one data set. */
export interface StudyResult {
  /** The extractor's name, unique. */
  readonly model: string;
  /** What it is, in words. */
  readonly title: string;
  /** The row of Table 1 that it stands for; null for baselines and variants. */
  readonly method: Method | null;
  /** Whether the keys of a flat grey picture were subtracted. */
  readonly centred: boolean;
  /** What was found. */
  readonly summary: StudySummary;
}

/** All results on one data set. */
export interface StudySetResult {
  /** The data set's name. */
  readonly data: string;
  /** What it is, in words. */
  readonly title: string;
  /** Pictures that every extractor could use. */
  readonly pictures: number;
  /** Pictures that some could not. */
  readonly skipped: readonly {
    /** Its name. */
    readonly picture: string;
    /** Why. */
    readonly reason: string;
  }[];
  /** At least one. */
  readonly results: readonly StudyResult[];
  /** Which of the orderings hold. */
  readonly claims: readonly Claim[];
  /** Every extractor behind the first, less the first; none where there is one alone. */
  readonly differences: readonly {
    /** The extractor's name. */
    readonly model: string;
    /** By every number of the tables that its pictures say something of. */
    readonly numbers: readonly Difference[];
  }[];
}

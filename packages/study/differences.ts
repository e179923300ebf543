import { bootstrap, type BootstrapOptions, type Estimate } from "./bootstrap.ts";
import { hasEnough, measure, type Measures } from "./measures.ts";
import type { PictureStudy } from "./picture.ts";
import { gap, merged, recall, salient, type Score } from "./scores.ts";

/** How two extractors differ in one number of the tables. */
export interface Difference {
  /** The number: `recall 2+`, `same 5` (merged pairs, k = 5), `instance gap`, `saliency IoU`. */
  readonly measure: string;
  /** What it is: a share of objects, pairs or pictures, or of cosines. */
  readonly unit: "share" | "cosine";
  /** Which of two values is the better one. */
  readonly better: "higher" | "lower";
  /** The one less the other, on the same pictures. */
  readonly difference: Estimate;
  /**
   * Whether the one is better or worse than the other by more than two standard errors; `untested`
   * where too few pictures say anything of it.
   */
  readonly verdict: "better" | "within error" | "worse" | "untested";
}

/** A number of the tables, without its values. */
interface Row extends Pick<Difference, "measure" | "unit" | "better"> {
  readonly score: Score;
}

/** What is compared. Merged pairs mean something beside the recall alone. */
const rowsOf = ({ merges }: Measures): readonly Row[] => [
  ...(["1", "2+", "all"] as const).map((bucket) =>
    row(`recall ${bucket}`, "share", "higher", recall(bucket))
  ),
  ...(["same", "other"] as const).flatMap((kind) =>
    merges.map(({ k }) => row(`${kind} ${k}`, "share", "lower", merged(k, kind)))
  ),
  row("instance gap", "cosine", "higher", gap("instanceGap")),
  row("category gap", "cosine", "higher", gap("categoryGap")),
  row("instance share", "cosine", "higher", gap("instanceShare")),
  row("saliency IoU", "share", "higher", salient("iou")),
  row("saliency ≥ 0.5", "share", "higher", salient("half")),
];

const row = (
  measure: string,
  unit: Row["unit"],
  better: Row["better"],
  score: Score,
): Row => ({ measure, unit, better, score });

/**
 * How far an extractor is from another in every number of the tables, on the same pictures, with the
 * errors of the paired bootstrap. Numbers that no picture says anything of are left out.
 *
 * @param pictures of the one.
 * @param others of the other, in the same order.
 * @throws {RangeError} when they do not have as many pictures.
 */
export function differencesOf(
  pictures: readonly PictureStudy[],
  others: readonly PictureStudy[],
  options?: BootstrapOptions,
): Difference[] {
  if (pictures.length !== others.length) {
    throw new RangeError(
      `differencesOf: both need the same pictures, got ${pictures.length} and ${others.length}`,
    );
  }
  const [a, b] = [measure(pictures), measure(others)];
  const rows = rowsOf(a);
  const estimates = bootstrap(
    pictures.length,
    (weights) => rows.map(({ score }) => score.of(a, weights) - score.of(b, weights)),
    options,
  );
  return rows.flatMap(({ score, ...row }, i) => {
    if (!Number.isFinite(estimates[i].value)) return [];
    const enough = [...score.from(a), ...score.from(b)].every(hasEnough);
    const difference = enough ? estimates[i] : { ...estimates[i], error: null };
    return [{ ...row, difference, verdict: verdictOf(difference, row.better) }];
  });
}

function verdictOf({ value, error }: Estimate, better: Row["better"]): Difference["verdict"] {
  if (error === null) return "untested";
  if (Math.abs(value) <= 2 * error) return "within error";
  return value > 0 === (better === "higher") ? "better" : "worse";
}

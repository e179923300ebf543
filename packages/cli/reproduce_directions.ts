import type { Estimate, Verdict } from "@fiedler/study";
import type { RowResult } from "./reproduce_result.ts";
import type { Direction, Table } from "./reproduce_rows.ts";
import { differenceOf, type Score } from "./reproduce_score.ts";

/** Two rows of a table. */
export interface Compared {
  /** `mae-tiny − colour`. */
  readonly what: string;
  /** Positive where the direction is right; the error is that of paired draws of pictures. */
  readonly difference: Estimate;
  readonly verdict: Verdict;
}

/** How a direction fares. */
export interface DirectionResult extends Omit<Direction, "better" | "worse"> {
  /** Whether the paper's own numbers say so; null where it has no such numbers. */
  readonly paper: boolean | null;
  /** The worst of its comparisons. */
  readonly verdict: Verdict;
  readonly compared: readonly Compared[];
}

/** What a table's results say of the directions that it shows, and of what training gains. */
export function testDirections(
  table: Table,
  results: ReadonlyMap<string, RowResult>,
): DirectionResult[] {
  return [
    ...table.directions.map((direction) => testDirection(table, direction, results)),
    gained(results),
  ];
}

function testDirection(
  table: Table,
  { text, metric, better, worse }: Direction,
  results: ReadonlyMap<string, RowResult>,
): DirectionResult {
  const of = (name: string) => results.get(name)?.trained ?? null;
  const compared = worse.map((name) =>
    compare(`${better} − ${name}`, metric, of(better), of(name))
  );
  const at = table.metrics.indexOf(metric);
  const printed = (name: string) => table.rows.find((row) => row.name === name)?.paper?.[at];
  const [high, low] = [printed(better), worse.map(printed)];
  const paper = high === undefined || low.includes(undefined)
    ? null
    : low.every((value) => high > value!);
  return { text, metric, paper, verdict: worst(compared), compared };
}

/** Segmenters above the proposals that they learnt from: what the paper trains them for. */
function gained(results: ReadonlyMap<string, RowResult>): DirectionResult {
  const compared = [...results].map(([name, { trained, proposals }]) =>
    compare(name, "AP", trained, proposals)
  );
  const text = "ours: the segmenter above the proposals of the same row";
  return { text, metric: "AP", paper: null, verdict: worst(compared), compared };
}

function compare(what: string, metric: string, a: Score | null, b: Score | null): Compared {
  const difference = a && b ? differenceOf(a, b, metric) : { value: NaN, error: null };
  return { what, difference, verdict: verdictOf(difference) };
}

/** Two standard errors decide. */
function verdictOf({ value, error }: Estimate): Verdict {
  if (error === null || !Number.isFinite(value)) return "untested";
  if (Math.abs(value) <= 2 * error) return "within error";
  return value > 0 ? "holds" : "does not hold";
}

/** From worst to best. */
const VERDICTS: readonly Verdict[] = ["does not hold", "within error", "untested", "holds"];

const worst = (compared: readonly Compared[]): Verdict =>
  VERDICTS.find((verdict) => compared.some((one) => one.verdict === verdict)) ?? "untested";

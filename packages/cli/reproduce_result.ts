import type { Metrics } from "@fiedler/coco";
import { usage } from "./args.ts";
import { exists } from "./disk.ts";
import { join } from "./paths.ts";
import type { PlannedRow, TablePlan } from "./reproduce_plan.ts";
import type { Score } from "./reproduce_score.ts";

/** What came of a row. */
export interface RowResult {
  /** The configuration, the content of the extractor's weights, steps and seed. */
  readonly about: Readonly<Record<string, unknown>>;
  /** The proposals of the held-out scenes themselves, best first. */
  readonly proposals: Score;
  /** What the segmenter finds there; null where there was no proposal to learn from. */
  readonly trained: Score | null;
  readonly counts: {
    /** Proposals that were learnt from, */
    readonly training: number;
    /** those of the held-out scenes, */
    readonly heldOut: number;
    /** and what the segmenter found there. */
    readonly found: number;
  };
  /** Of all parts, over all sessions. */
  readonly seconds: number;
}

/** Where a row's result lies, beside its training. */
export const resultFile = ({ folder, steps, seed }: TablePlan, { slug }: PlannedRow): string =>
  join(folder, "rows", slug, `steps-${steps}-seed-${seed}`, "row.json");

/** What a row's result depends on, besides what its folder's rows have in common. */
export const aboutRow = (
  { steps, seed, scenes }: TablePlan,
  { config, extractor }: PlannedRow,
) => ({
  ...config,
  "model sha256": extractor.sha256,
  "held-out": scenes.heldOut,
  steps,
  seed,
});

/**
 * The result of a row that was computed before, for this table or another; null when it was not.
 *
 * @throws {CliError} exit 2 when it is of another extractor.
 */
export async function knownRow(plan: TablePlan, row: PlannedRow): Promise<RowResult | null> {
  const path = resultFile(plan, row);
  if (!await exists(path)) return null;
  const result = JSON.parse(await Deno.readTextFile(path)) as RowResult;
  if (JSON.stringify(result.about) !== JSON.stringify(aboutRow(plan, row))) {
    throw usage("the row was computed with something else", path, "choose another --out DIR");
  }
  const { proposals, trained } = result;
  return { ...result, proposals: readScore(proposals), trained: trained && readScore(trained) };
}

/** JSON has no NaN: a number that is not there is null. */
const readScore = ({ metrics, draws }: Score): Score => ({
  metrics: readMetrics(metrics),
  draws: draws.map(readMetrics),
});

const readMetrics = (metrics: Metrics): Metrics =>
  Object.fromEntries(Object.entries(metrics).map(([key, value]) => [key, value ?? NaN]));

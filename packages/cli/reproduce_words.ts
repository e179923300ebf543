/** Tables 2 and 4 to 7 as Markdown, with the paper's numbers beside ours. */
import type { Estimate } from "@fiedler/study";
import type { DirectionResult } from "./reproduce_directions.ts";
import { SCENE_SIZE, type TablePlan } from "./reproduce_plan.ts";
import { markdownTable } from "./reproduce_tables.ts";
import type { RowResult } from "./reproduce_result.ts";
import { estimateOf, scaleOf, type Score } from "./reproduce_score.ts";
import { plural } from "./summary.ts";

/** A table as text: what was done, ours, the paper's, and which directions hold. */
export function tableMarkdown(
  plan: TablePlan,
  results: ReadonlyMap<string, RowResult>,
  directions: readonly DirectionResult[],
): string {
  const { table: { title, doubts } } = plan;
  return [
    `### ${title}`,
    about(plan),
    ours(plan, results),
    "**The paper**, COCO val2017, other models, other pictures, 30,000 or 60,000 steps: to " +
    "compare directions with, never numbers.",
    papers(plan),
    ...doubts,
    "**Directions**, with one standard error over the held-out scenes; they hold, or do not, by " +
    "more than two:",
    directions.map(directionLine).join("\n"),
  ].join("\n\n") + "\n";
}

function about({ scenes, steps, seed, train, table, resize }: TablePlan): string {
  const [small, large] = [32, 96].map((side) => side / scaleOf(SCENE_SIZE));
  const sizes = table.metrics.includes("APs")
    ? ` Small is below ${small}², large above ${large}² pixels: the shares of a picture that ` +
      "COCO's limits are."
    : "";
  const grids = resize === "auto" ? "24 × 24 patches" : `--resize ${resize}`;
  return `Proposals with \`--preset paper\` on ${plural(scenes.training, "generated scene")} of ` +
    `${SCENE_SIZE} px (${grids}); SOLOv2 (preset ${train.preset}, ${plural(steps, "step")}, seed ` +
    `${seed}) learns from them; both are judged on ${scenes.heldOut} other scenes. Masks, all ` +
    `categories as one, in percent, ± one standard error over the held-out scenes.${sizes}`;
}

/** Each row: what its segmenter finds, and below it what its proposals are themselves. */
function ours(
  { table: { metrics, rows } }: TablePlan,
  results: ReadonlyMap<string, RowResult>,
): string {
  const numbers = (score: Score) => metrics.map((metric) => percent(estimateOf(score, metric)));
  const empty = metrics.map(() => "–");
  return markdownTable([
    ["ours", ...metrics.map(metricName), "masks a scene"],
    ...rows.flatMap(({ name, title, missing }) => {
      const result = results.get(name);
      if (!result) return [[`${title} (${missing ?? "not measured"})`, ...empty, "–"]];
      const { trained, proposals, counts } = result;
      const scenes = result.about["held-out"] as number;
      const each = (masks: number) => (masks / scenes).toFixed(1);
      return [
        trained
          ? [title, ...numbers(trained), each(counts.found)]
          : [`${title} (no proposal to learn from)`, ...empty, "–"],
        [`${title}: proposals`, ...numbers(proposals), each(counts.heldOut)],
      ];
    }),
  ]);
}

function papers({ table: { metrics, rows } }: TablePlan): string {
  return markdownTable([
    ["paper", ...metrics.map(metricName)],
    ...rows.flatMap(({ title, paperTitle = title, paper }) =>
      paper ? [[paperTitle, ...paper.map((value) => value.toFixed(1))]] : []
    ),
  ]);
}

/** `APs` as the paper writes it. */
const metricName = (metric: string): string =>
  metric.replace(/([sml])$/, (size) => `_${size.toUpperCase()}`);

function directionLine({ text, metric, paper, verdict, compared }: DirectionResult): string {
  const known = compared.filter(({ difference }) => Number.isFinite(difference.value));
  const numbers = known.map(({ what, difference }) => `${what} ${signed(difference)}`).join("; ");
  const said = paper === false ? " (not in the paper's numbers)" : "";
  return `- ${text}, ${metricName(metric)}${said}: **${verdict}**${numbers && `: ${numbers}`}`;
}

function percent({ value, error }: Estimate): string {
  if (!Number.isFinite(value)) return "–";
  const number = (100 * value).toFixed(1);
  return error === null ? number : `${number} ± ${(100 * error).toFixed(1)}`;
}

const signed = (estimate: Estimate): string =>
  `${estimate.value >= 0 ? "+" : "−"}${percent({ ...estimate, value: Math.abs(estimate.value) })}`;

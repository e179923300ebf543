import {
  type Claim,
  type Counted,
  type Difference,
  type Estimate,
  paperColumns,
  paperRecall,
  RECALL_BUCKETS,
  type StudyResult,
  type StudySetResult,
  TABLE_1,
} from "@fiedler/study";
import { plural } from "./summary.ts";

/** What the tables are, for those who see them alone. */
const LEGEND = [
  "Recall: mean over IoU 0.5, 0.55, … 0.95 of the share of objects that any mask finds, in percent,",
  "by the number of instances of the object's category in its picture. Masks: k = 2, 3, 4, 5, split",
  "into pieces, neither filtered nor suppressed. ± is one standard error, by drawing pictures 1000",
  "times with replacement; without ±, fewer than five pictures have such objects. An ordering holds,",
  "or does not, by more than two standard errors of the paired difference.",
].join("\n");

/** All tables as Markdown. */
export function studyMarkdown(sets: readonly StudySetResult[]): string {
  const extractors = sets[0].results.map(({ model, title }) => `- ${model}: ${title}`).join("\n");
  return [LEGEND, extractors, ...sets.flatMap(setSections)].join("\n\n") + "\n";
}

function setSections(set: StudySetResult): string[] {
  const { data, title, pictures, skipped, results, claims } = set;
  const { objects, withoutPatch } = results[0].summary;
  const left = skipped.length > 0 ? `, ${plural(skipped.length, "picture")} left out` : "";
  const small = withoutPatch > 0
    ? `; ${withoutPatch} objects have the majority of no patch and are in no pair`
    : "";
  return [
    `## ${data}: ${title}`,
    `${pictures} pictures, ${objects} objects${left}${small}.`,
    `### Recall by number of instances (%)`,
    recallTable(set),
    "### Merged pairs before the split (%)",
    "Of two objects in a picture, of the same category or of others, how often 2, 3, 4, 5 clusters\n" +
    "put most of both into one.",
    mergeTable(results),
    "### Cosines of keys",
    "Mean over pictures that have such pairs. Instance gap: same instance less same category;\n" +
    "category gap: same category less other; both within pictures that have the two, so that they\n" +
    "are not quite the differences of the columns. Ratio: the first over the second, where that is\n" +
    "more than two errors above 0; instance share: the first over both.",
    keyTable(results),
    ...saliencySection(results),
    "### Orderings of Table 1",
    claimList(claims),
    ...differenceSection(set),
  ];
}

/** Our rows, then the paper's where the data set is one of its own. */
function recallTable({ data, results }: StudySetResult): string {
  const { recall } = results[0].summary;
  const used = RECALL_BUCKETS.filter((bucket) => recall[bucket].count > 0);
  const columns = paperColumns(data);
  const printed = columns === null ? [] : TABLE_1.map((row) => {
    const values = paperRecall(row, columns);
    return [
      `paper: ${row.title}`,
      ...used.map((bucket) => values[bucket]?.toFixed(1) ?? "–"),
      "–",
    ];
  });
  return markdownTable([
    ["features", ...used, "masks a picture"],
    ["objects", ...used.map((bucket) => `${recall[bucket].count}`), ""],
    ...results.map(({ model, summary }) => [
      model,
      ...used.map((bucket) => percent(summary.recall[bucket])),
      summary.masksPerPicture.toFixed(0),
    ]),
    ...printed,
  ]);
}

function mergeTable(results: readonly StudyResult[]): string {
  const { merges } = results[0].summary;
  const kinds = (["same", "other"] as const).filter((kind) => merges.some((m) => m[kind].count));
  if (kinds.length === 0) return "No picture has two objects that own a patch.";
  const columns = kinds.flatMap((kind) => merges.map((_, at) => ({ kind, at })));
  return markdownTable([
    ["features", ...columns.map(({ kind, at }) => `${kind} ${merges[at].k}`)],
    ["pairs", ...columns.map(({ kind, at }) => `${merges[at][kind].count}`)],
    ...results.map(({ model, summary }) => [
      model,
      ...columns.map(({ kind, at }) => percent(summary.merges[at][kind])),
    ]),
  ]);
}

function keyTable(results: readonly StudyResult[]): string {
  const { instance, category, other } = results[0].summary.keys;
  const counts = [instance, category, other].map(({ count }) => `${count}`);
  return markdownTable([
    [
      "features",
      "same instance",
      "same category",
      "other category",
      "instance gap",
      "category gap",
      "ratio",
      "instance share",
    ],
    ["pictures", ...counts, "", "", "", ""],
    ...results.map(({ model, summary: { keys } }) => [
      model,
      ...[keys.instance, keys.category, keys.other, keys.instanceGap, keys.categoryGap].map(cosine),
      isAboveError(keys.categoryGap) ? cosine(keys.gapRatio) : "–",
      cosine(keys.instanceShare),
    ]),
  ]);
}

/** A quotient by what may be 0 is any number. */
const isAboveError = ({ value, error }: Estimate): boolean => value > 2 * (error ?? 0);

/** Nothing where no picture has one object. */
function saliencySection(results: readonly StudyResult[]): string[] {
  const { count } = results[0].summary.saliency.iou;
  if (count === 0) return [];
  return [
    "### Saliency (%)",
    "Of pictures with one object: IoU of what is salient, the side of the cut into two with fewer\n" +
    "patches on the border, with the object; and the share of pictures where that is 0.5 or more.",
    markdownTable([
      ["features", "IoU", "IoU ≥ 0.5"],
      ["pictures", `${count}`, ""],
      ...results.map(({ model, summary: { saliency } }) => [
        model,
        percent(saliency.iou),
        percent(saliency.half),
      ]),
    ]),
  ];
}

/** Every extractor less the first; nothing where there is one alone. */
function differenceSection({ results, differences }: StudySetResult): string[] {
  if (differences.length === 0) return [];
  const [{ numbers }] = differences;
  const listed = (wanted: Difference["verdict"]) =>
    differences.map(({ model, numbers }) => {
      const names = numbers.filter(({ verdict }) => verdict === wanted).map(({ measure }) =>
        measure
      );
      return `${model}: ${names.join(", ") || "nothing"}`;
    }).join("; ");
  return [
    `### Differences to ${results[0].model}`,
    "In points, of cosines in themselves, each less the first on the same pictures, with one\n" +
    "standard error of the paired bootstrap; bold by more than two. Of so many numbers one in twenty\n" +
    "is bold by chance. Merged pairs (same, other) mean something beside the recall alone.",
    markdownTable([
      ["number", "better", ...differences.map(({ model }) => model)],
      ...numbers.map(({ measure, better }) => [
        measure,
        better,
        ...differences.map((one) => differenceCell(one.numbers, measure)),
      ]),
    ]),
    `Better by more than two errors: ${listed("better")}.\n` +
    `Worse by more than two errors: ${listed("worse")}.`,
  ];
}

function differenceCell(numbers: readonly Difference[], measure: string): string {
  const found = numbers.find((one) => one.measure === measure);
  if (!found) return "–";
  const text = signed(found.difference, found.unit === "share" ? 100 : 1);
  return found.verdict === "better" || found.verdict === "worse" ? `**${text}**` : text;
}

function claimList(claims: readonly Claim[]): string {
  return claims.map(({ id, text, verdict, comparisons }) => {
    const recall = !["e", "g"].includes(id);
    const known = comparisons.filter(({ difference }) => Number.isFinite(difference.value));
    const shown = known.map(({ what, difference }) =>
      `${what} ${signed(difference, recall ? 100 : 1)}`
    );
    const numbers = shown.length > 0 ? `: ${shown.join("; ")}` : "";
    return `- (${id}) ${text}: **${verdict}**${numbers}`;
  }).join("\n");
}

/** Of a share: `18.1 ± 2.2`; `–` where there is nothing. */
const percent = (estimate: Counted): string => shown(estimate, 100, 1);
const cosine = (estimate: Estimate): string => shown(estimate, 1, 2);

const signed = (estimate: Estimate, factor: number): string => {
  const text = shown(estimate, factor, factor === 1 ? 2 : 1);
  return estimate.value >= 0 ? `+${text}` : text;
};

function shown({ value, error }: Estimate, factor: number, digits: number): string {
  if (!Number.isFinite(value)) return "–";
  const number = (factor * value).toFixed(digits);
  return error === null ? number : `${number} ± ${(factor * error).toFixed(digits)}`;
}

/** A Markdown table whose columns line up as text too. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, i) => Math.max(3, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]) =>
    `| ${
      cells.map((cell, i) => i ? cell.padStart(widths[i]) : cell.padEnd(widths[i])).join(" | ")
    } |`;
  const rule = widths.map((width, i) => "-".repeat(width - (i ? 1 : 0)) + (i ? ":" : ""));
  return [line(rows[0]), line(rule), ...rows.slice(1).map(line)].join("\n");
}

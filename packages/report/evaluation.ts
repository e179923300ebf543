import {
  AREA_RANGES,
  COUNT_BUCKETS,
  type Evaluation,
  IOU_THRESHOLDS,
  meanPrecision,
  meanRecall,
  RECALL_THRESHOLDS,
  UNDEFINED_METRIC,
} from "@fiedler/coco";
import { groupedBars, inPercent, legend, linePlot, type Series } from "./evaluation_plots.ts";
import { count, plural } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { pageHead } from "./page.ts";

/** What {@linkcode renderEvaluation} shows. */
export interface EvaluationReport {
  /** File name of the ground truth. */
  readonly groundTruth: string;
  /** At least one; all of the same type, categories and `maxDets`. */
  readonly results: readonly {
    /** What to call it. */
    readonly name: string;
    /** What was found. */
    readonly evaluation: Evaluation;
  }[];
  /** Sentences on what a reader should know before trusting the numbers. */
  readonly notes: readonly string[];
  /** The command that makes the page again. */
  readonly command: string;
  /** Version of Fiedler. */
  readonly version: string;
}

/**
 * An evaluation as one HTML page: no script, no other file, no request.
 *
 * The numbers, precision over recall, AP over the IoU threshold, AR by area and, where it was
 * measured, recall by number of instances; several results side by side, each plot with its data.
 */
export function renderEvaluation(report: EvaluationReport): string {
  const { results, groundTruth } = report;
  const byCount = results.some(({ evaluation }) => evaluation.recallByCount !== null);
  const links = [
    ["numbers", "Numbers"],
    ["curves", "Curves"],
    ...(byCount ? [["count", "By number of instances"]] : []),
    ["settings", "Settings"],
  ];
  const parts = [hero(report), numbers(report), curves(report), byCount && counts(report)];
  return pageHead(`Evaluation on ${groundTruth}`, links) +
    html`${parts}${settings(report)}</main>\n</body>\n</html>\n`.markup;
}

function hero({ groundTruth, results }: EvaluationReport): Markup {
  const { counts: { images, objects }, type } = results[0].evaluation;
  const what = type === "segm" ? "masks" : "boxes";
  return html`
    <header class="hero">
      <p class="eyebrow"><bdi>${groundTruth}</bdi></p>
      <h1>How much was found</h1>
      <p
        class="lead">${plural(
          results.length,
          "set",
          "sets",
        )} of ${what}, held against <strong>${plural(objects, "object")}</strong> in ${plural(
          images,
          "picture",
        )} by the rules of COCO.</p>
    </header>
  `;
}

const WORDS: Readonly<Record<string, string>> = {
  AP: "precision, mean of IoU 0.5 to 0.95",
  AP50: "precision at IoU 0.5",
  AP75: "precision at IoU 0.75",
  APs: "precision on small objects, up to 32² pixels",
  APm: "precision on medium objects",
  APl: "precision on large objects, from 96² pixels",
  ARs: "recall on small objects",
  ARm: "recall on medium objects",
  ARl: "recall on large objects",
};

/** What a metric is, in a few words. */
export function metricMeaning(name: string): string {
  return WORDS[name] ?? `recall with ${plural(Number(name.slice(2)), "detection")} a picture`;
}

function numbers({ results, notes }: EvaluationReport): Markup {
  const { metrics } = results[0].evaluation;
  return html`
    <section id="numbers">
      <h2>The numbers</h2>
      <div class="scroll">
        <table class="evaluation">
          <caption>All in percent</caption>
          <thead>
            <tr>
              <th>Metric${results.map(({ name }) =>
                html`<th><bdi>${name}</bdi>`
              )}<th class="quiet">Meaning</tr>
          </thead>
          <tbody>${Object.keys(metrics).map((name) =>
            html`
              <tr>
                <th scope="row">${name}${results.map(({ evaluation }) =>
                  html`<td>${inPercent(defined(evaluation.metrics[name]))}`
                )}<td class="quiet">${metricMeaning(name)}</tr>
            `
          )}</tbody>
        </table>
      </div>
      <p class="legend">A dash: there is no object of that size.</p>
      ${notes.length > 0 && html`
        <h3>Before trusting them</h3>
        <ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>
      `}
    </section>
  `;
}

function curves({ results }: EvaluationReport): Markup {
  const names = results.map(({ name }) => name);
  const { maxDets } = results[0].evaluation.curves;
  const cap = maxDets.length - 1;
  const series = (value: (evaluation: Evaluation) => readonly number[]): readonly Series[] =>
    results.map(({ name, evaluation }) => ({ name, values: value(evaluation).map(defined) }));
  const precision = (title: string, threshold?: number) =>
    linePlot(
      { title, x: "recall, %", y: "precision, %" },
      RECALL_THRESHOLDS.map((recall) => (100 * recall).toFixed(0)),
      series(({ curves }) =>
        RECALL_THRESHOLDS.map((_, recall) =>
          meanPrecision(curves, { area: 0, cap, recall, threshold })
        )
      ),
      { ticksEvery: 20, tableEvery: 5 },
    );
  const thresholds = IOU_THRESHOLDS.map((threshold) => threshold.toFixed(2));
  return html`
    <section id="curves">
      <h2>Where precision and recall go</h2>
      ${legend(names)}
      <div class="columns">
        ${precision("Precision over recall at IoU 0.5", 0)}
        ${precision("Precision over recall at IoU 0.75", 5)}
        ${precision("Precision over recall, mean of IoU 0.5 to 0.95")}
        ${linePlot(
          { title: "How exact the outlines are", x: "IoU threshold", y: "AP, %" },
          thresholds,
          series(({ curves }) =>
            IOU_THRESHOLDS.map((_, threshold) => meanPrecision(curves, { area: 0, cap, threshold }))
          ),
        )}
        ${groupedBars(
          { title: `Recall by size, ${maxDets[cap]} detections`, x: "size of object", y: "AR, %" },
          AREA_RANGES.map(({ name }) => name),
          series(({ curves }) => AREA_RANGES.map((_, area) => meanRecall(curves, { area, cap }))),
        )}
        ${groupedBars(
          { title: "Recall by number of detections", x: "detections a picture", y: "AR, %" },
          maxDets.map(String),
          series(({ curves }) => maxDets.map((_, m) => meanRecall(curves, { area: 0, cap: m }))),
        )}
      </div>
    </section>
  `;
}

function counts({ results }: EvaluationReport): Markup {
  const measured = results.flatMap(({ name, evaluation: { recallByCount } }) =>
    recallByCount ? [{ name, ...recallByCount }] : []
  );
  return html`
    <section id="count">
      <h2>One of a kind, or many</h2>
      <p>Recall of an object by how many of its kind are in its picture, mean of IoU 0.5 to 0.95.</p>
      ${legend(measured.map(({ name }) => name))}
      <div class="columns">
        ${groupedBars(
          { title: "Recall by number of instances", x: "instances", y: "recall, %" },
          COUNT_BUCKETS,
          measured.map(({ name, recall }) => ({ name, values: recall.map(defined) })),
        )}
        <div class="scroll">
          <table class="evaluation">
            <thead>
              <tr><th>Instances<th>Objects${measured.map(({ name }) =>
                html`<th><bdi>${name}</bdi>`
              )}</tr>
            </thead>
            <tbody>${COUNT_BUCKETS.map((bucket, i) =>
              html`
                <tr>
                  <th scope="row">${bucket}<td>${count(measured[0].objects[i])}${measured.map((
                    { recall },
                  ) => html`<td>${inPercent(defined(recall[i]))}`)}</tr>
              `
            )}</tbody>
          </table>
        </div>
      </div>
    </section>
  `;
}

function settings({ results, command, version, groundTruth }: EvaluationReport): Markup {
  const { type, counts, curves } = results[0].evaluation;
  const rows: readonly (readonly [string, string])[] = [
    ["Fiedler", version],
    ["Ground truth", groundTruth],
    ["Compared", type === "segm" ? "masks" : "boxes"],
    ["Categories", curves.categories === null ? "merged" : `${curves.categories.length}, apart`],
    ["Detections a picture", curves.maxDets.join(", ")],
    ["Pictures", count(counts.images)],
    ["Objects", `${count(counts.objects)}, and ${plural(counts.crowds, "crowd region")}`],
    ...results.map(({ name, evaluation }) =>
      [`Results of ${name}`, count(evaluation.counts.results)] as const
    ),
  ];
  return html`
    <section id="settings">
      <h2>To make it again</h2>
      <pre><code>${command}</code></pre>
      <table class="wide">
        <tbody>${rows.map(([name, value]) =>
          html`
            <tr>
              <th scope="row">${name}<td>${value}</tr>
          `
        )}</tbody>
      </table>
    </section>
  `;
}

const defined = (value: number): number | null => value === UNDEFINED_METRIC ? null : value;

import { type Claim, RECALL_BUCKETS, type StudySetResult } from "@fiedler/study";
import { groupedBars, legend, type Series } from "./evaluation_plots.ts";
import { plural } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { pageHead } from "./page.ts";

/** What {@linkcode renderStudy} shows. */
export interface StudyReport {
  /** At least one data set. */
  readonly sets: readonly StudySetResult[];
  /** The tables as text. */
  readonly tables: string;
  /** The command that makes the page again. */
  readonly command: string;
  /** Version of Fiedler. */
  readonly version: string;
}

/**
 * Recall by number of instances and pairs merged before the split, extractors side by side, as one
 * HTML page: no script, no other file, no request. The tables follow as text, with their errors.
 */
export function renderStudy({ sets, tables, command, version }: StudyReport): string {
  const links = [...sets.map(({ data }, i) => [`set${i}`, data]), ["tables", "Tables"]];
  return pageHead("One of a kind, or many", links) + html`
    <header class="hero">
      <p class="eyebrow">after Table 1 of arXiv 2311.14665</p>
      <h1>One of a kind, or many</h1>
      <p class="lead">Which features tell objects of one category apart, and which run them
        together, measured on labelled pictures.</p>
    </header>
    ${sets.map(section)}
    <section id="tables">
      <h2>All numbers</h2>
      <div class="scroll">
        <pre><code>${tables}</code></pre>
      </div>
      <p>Made by Fiedler ${version}:</p>
      <pre><code>${command}</code></pre>
    </section>
    </main>
    </body>
    </html>
  `.markup + "\n";
}

function section(set: StudySetResult, i: number): Markup {
  const { data, title, pictures, results, claims } = set;
  return html`
    <section id="set${i}">
      <h2><bdi>${data}</bdi></h2>
      <p>${title}: ${plural(pictures, "picture")} with ${plural(
        results[0].summary.objects,
        "object",
      )}.</p>
      ${legend(results.map(({ model }) => model))}
      <div class="columns">${recallBars(set)}${mergeBars(set)}</div>
      <ul class="notes">${claims.filter(({ verdict }) => verdict !== "untested").map(
        claimLine,
      )}</ul>
    </section>
  `;
}

/** Recall of the buckets that have objects. */
function recallBars({ results }: StudySetResult): Markup {
  const { recall } = results[0].summary;
  const buckets = RECALL_BUCKETS.filter((bucket) => recall[bucket].count > 0);
  return groupedBars(
    { title: "Recall by number of instances", x: "instances of the category", y: "recall, %" },
    buckets,
    results.map(({ model, summary }): Series => ({
      name: model,
      values: buckets.map((bucket) => summary.recall[bucket].value),
    })),
  );
}

/** Pairs of one category that share a cluster; nothing where no picture has such a pair. */
function mergeBars({ results }: StudySetResult): Markup | false {
  const { merges } = results[0].summary;
  if (!merges.some(({ same }) => same.count > 0)) return false;
  return groupedBars(
    { title: "Pairs of one category in one cluster", x: "clusters", y: "merged, %" },
    merges.map(({ k }) => `k = ${k}`),
    results.map(({ model, summary }): Series => ({
      name: model,
      values: summary.merges.map(({ same }) => Number.isFinite(same.value) ? same.value : null),
    })),
  );
}

const claimLine = ({ id, text, verdict }: Claim): Markup =>
  html`
    <li>(${id}) ${text}: <strong>${verdict}</strong></li>
  `;

/**
 * The parts of the report around the pictures.
 *
 * @module
 */

import type { SkipRecord } from "@fiedler/pipeline";
import {
  clusterPanels,
  type Drawing,
  eigenvectorPanel,
  likenessPanel,
  overlaid,
  photo,
  salient,
} from "./figures.ts";
import { bytes, count, duration, percent, plural, significant } from "./format.ts";
import { type Fragment, html, type Markup } from "./html.ts";
import type { RunSummary } from "./input.ts";
import { optionTable } from "./option_table.ts";
import { foundCaption, foundOverlay, shownFor } from "./prediction.ts";
import { bandPlot, barTable, histogram } from "./svg.ts";
import { droppedBy, medianKept, type Tally } from "./tally.ts";
import type { PredictionSummary, ScoredMask } from "./training_input.ts";
import { FLAG_WORDS, RULE_WORDS, RULES } from "./words.ts";

const SKIPS_SHOWN = 1000; // a page of more rows would be slow; the count and the file say the rest
const PAPER = "https://arxiv.org/abs/2311.14665";
const TITLE = "Understanding Self-Supervised Features for Learning " +
  "Unsupervised Instance Segmentation";
const CITATION = `@article{engstler2023understanding,
  title   = {Understanding Self-Supervised Features for Learning
             Unsupervised Instance Segmentation},
  author  = {Engstler, Paul and Melas-Kyriazi, Luke and
             Rupprecht, Christian and Laina, Iro},
  journal = {arXiv preprint arXiv:2311.14665},
  year    = {2023}
}`;

/** Title, one sentence, and the pictures that came out best. */
export function hero(
  run: RunSummary,
  tally: Tally,
  best: readonly Drawing[],
  prediction?: PredictionSummary,
): Markup {
  const found = prediction !== undefined &&
    html`A segmenter that learnt from such masks found <strong>${
      plural(
        prediction.detections,
        "object",
      )
    }</strong>.`;
  return html`
    <header class="hero">
      <p class="eyebrow"><bdi>${run.title}</bdi></p>
      <h1>Objects, without a single label</h1>
      <p
        class="lead">Fiedler looked at ${plural(
          tally.pictures,
          "picture",
        )} and kept <strong>${plural(
          tally.kept,
          "mask",
        )}</strong>. ${found} Nobody outlined anything for it, and nothing left this machine.</p>
      <div class="best">${best.map((it) => triptych(it, shownFor(prediction, it)))}</div>
    </header>
  `;
}

function triptych(it: Drawing, found: readonly ScoredMask[] | null): Markup {
  const fiedler = it.panel?.eigenvectors[0];
  return html`
    <a class="triptych" href="#${it.key}" aria-label="${it.record.image}: details">
      <span>${photo(it)}<small>photo</small></span>
      <span>${fiedler
        ? eigenvectorPanel(it, fiedler, "eigenvector 2")
        : photo(it)}<small>eigenvector 2</small></span>
      <span>${found ? foundOverlay(it, found) : overlaid(it, { links: false })}<small>${found
        ? foundCaption(found.length, "found after training")
        : plural(it.kept.length, "mask")}</small></span>
    </a>
  `;
}

/** The method in six drawings of one picture. */
export function howItWorks(it: Drawing): Markup {
  const { panel, record } = it;
  if (!panel) return html``;
  const [fiedler] = panel.eigenvectors;
  const finest = clusterPanels(it).at(-1);
  const [rows, columns] = record.grid;
  const steps: readonly [string, string, Markup | false][] = [
    [
      "Patches",
      `The photo becomes ${columns}\u00a0×\u00a0${rows} patches.`,
      photo(it, { grid: true }),
    ],
    [
      "Likeness",
      "A network that learnt without labels describes each patch. Like colours: alike to it.",
      likenessPanel(it),
    ],
    [
      "Fiedler vector",
      "All patches form a graph. This vector splits it where it hangs together least.",
      fiedler !== undefined && eigenvectorPanel(it, fiedler, "eigenvector 2"),
    ],
    [
      "Clusters",
      "Several vectors together give several segments, for more than one number of them.",
      finest !== undefined && finest.drawing,
    ],
    [
      "Saliency",
      "The side that touches the picture's border less is what the picture is about.",
      record.saliency !== null && salient(it),
    ],
    [
      "Masks",
      "Connected pieces inside it are kept, and of near duplicates the best.",
      overlaid(it, { links: false }),
    ],
  ];
  return html`
    <section id="how">
      <h2>How it works</h2>
      <ol class="steps">${steps.filter(([, , drawing]) => drawing !== false).map((
        [name, words, drawing],
      ) => html`<li>${drawing}<h3>${name}</h3><p>${words}</p></li>`)}</ol>
    </section>
  `;
}

/** The numbers that matter, large. */
export function summary(run: RunSummary, tally: Tally, skipped: number): Markup {
  const rate = tally.pictures / (run.wallMs / 60_000);
  const adapterNote = run.adapter.software &&
    "This is a software adapter: it runs on the processor. A graphics card is many times faster.";
  const figures: readonly [string, Fragment][] = [
    [count(tally.pictures), tally.pictures === 1 ? "picture" : "pictures"],
    [count(tally.kept), "masks kept"],
    [significant(medianKept(tally)), "masks in the median picture"],
    [Number.isFinite(rate) ? significant(rate) : "–", "pictures per minute"],
    [duration(run.wallMs), "from start to end"],
    [count(skipped), skipped === 1 ? "picture skipped" : "pictures skipped"],
  ];
  return html`
    <section id="summary"><h2>This run</h2>
    <dl class="figures">${figures.map(([value, name]) =>
      html`
        <div>
          <dt>${name}<dd>${value}</div>
      `
    )}</dl>
    <p>Computed on <strong>${run.adapter.description}</strong>. ${adapterNote}</p>
    <div class="columns">${fates(tally)}${perPicture(tally)}</div>
    <div class="columns">${scores(tally)}${eigenvalues(tally)}</div>
    ${flagTable(tally)}
    </section>
  `;
}

function fates(tally: Tally): Markup {
  const rows = [...tally.byClusters].sort(([a], [b]) => a - b).map(([k, { kept, dropped }]) => ({
    label: `k = ${k}`,
    parts: [
      { value: kept, className: "kept" },
      ...RULES.map((rule) => ({ value: dropped[rule], className: rule })),
    ],
    cells: [kept, ...RULES.map((rule) => dropped[rule])].map(count),
  }));
  const total = tally.kept + RULES.reduce((sum, rule) => sum + droppedBy(tally, rule), 0);
  return html`<div>${
    barTable("Masks kept and dropped, by number of clusters", [
      "Clusters",
      "share",
      "Kept",
      ...RULES.map((rule) => RULE_WORDS[rule].name),
    ], rows)
  }<p class="legend"><span class="kept">kept ${percent(tally.kept / (total || 1))}</span> ${
    RULES.map((rule) =>
      html`
        <span class="${rule}">${RULE_WORDS[rule].name.toLowerCase()} ${percent(
          droppedBy(tally, rule) / (total || 1),
        )}</span>
      `
    )
  }</p></div>`;
}

/** Number of pictures by masks kept, in bins of equal width when there are many numbers. */
function perPicture({ perPicture }: Tally): Markup {
  const most = Math.max(0, ...perPicture.keys());
  const width = Math.ceil((most + 1) / 30);
  const columns = Array.from({ length: Math.floor(most / width) + 1 }, (_, i) => {
    const [first, last] = [i * width, (i + 1) * width - 1];
    let value = 0;
    for (let kept = first; kept <= last; kept++) value += perPicture.get(kept) ?? 0;
    return { label: width === 1 ? String(first) : `${first}–${last}`, value };
  });
  return histogram(
    { title: "How many masks a picture has", x: "masks kept", y: "pictures" },
    columns,
  );
}

function scores(tally: Tally): Markup | false {
  const bins = tally.scores.map((value, i) => ({ label: `${i * 5} %`, value }));
  return bins.some(({ value }) => value > 0) && histogram(
    { title: "How salient the masks are", x: "share inside the salient region, from", y: "masks" },
    bins,
  );
}

function eigenvalues(tally: Tally): Markup | false {
  const points = tally.eigenvalues.map(({ pictures, sum, least, most }, i) => (
    { x: i + 1, mean: sum / pictures, least, most }
  ));
  return points.length > 1 && bandPlot(
    { title: "How the graphs hang together", x: "eigenvalue of the Laplacian", y: "value" },
    points,
  );
}

function flagTable(tally: Tally): Markup | false {
  const rows = [...tally.flags].sort(([, a], [, b]) => b - a);
  return rows.length > 0 && html`
    <table class="wide">
      <caption>What to know before trusting them</caption>
      <tbody>${rows.map(([flag, pictures]) =>
        html`
          <tr>
            <th scope="row">${FLAG_WORDS[flag].name}<td>${plural(
              pictures,
              "picture",
            )}<td>${FLAG_WORDS[flag].meaning}</tr>
        `
      )}</tbody>
    </table>
  `;
}

/** Small versions of all cards, as a way in. */
export function contents(drawings: readonly Drawing[], tally: Tally): Markup {
  const rest = tally.pictures - drawings.length;
  const limit = rest > 0 &&
    `The first ${count(drawings.length)} are shown; ${plural(rest, "more picture")} ` +
      `${rest === 1 ? "is" : "are"} in the numbers above and in the files of this run.`;
  return html`
    <h2>The pictures</h2>
    <p class="lead">
      Point at a mask, or at anything drawn over a photo, to look through it. ${limit}
    </p>
    <nav class="contents" aria-label="Pictures">${drawings.map(contentsEntry)}</nav>
  `;
}

function contentsEntry(it: Drawing): Markup {
  const name = html`<small><bdi>${it.record.image}</bdi></small>`;
  return html`<a href="#${it.key}">${overlaid(it, { links: false })}${name}</a>`;
}

/** Every picture that was not processed, with its reason. */
export function skips(skipped: readonly SkipRecord[]): Markup | false {
  if (skipped.length === 0) return false;
  const hidden = skipped.length - SKIPS_SHOWN;
  return html`
    <section id="skipped">
      <h2>Skipped pictures</h2>
      <p>${plural(
        skipped.length,
        "file",
      )} could not be used. The run went on without ${skipped.length === 1 ? "it" : "them"}.</p>
      <div class="scroll">
        <table class="wide">
          <thead>
            <tr>
              <th>File<th>Kind<th>Reason</thead><tbody>${skipped.slice(0, SKIPS_SHOWN).map((
                { image, code, reason },
              ) =>
                html`
                  <tr>
                    <th scope="row"><bdi>${image}</bdi><td><code>${code}</code><td>${reason}</tr>
                `
              )}</tbody></table></div>
    ${hidden > 0 && html`<p>${plural(hidden, "more file")}: see <code>skipped.jsonl</code>.</p>`}
    </section>
  `;
}

/** Time by stage and by kernel. */
export function times(run: RunSummary): Markup {
  const rows = (items: readonly { name: string; ms: number; calls?: number }[]) => {
    const total = items.reduce((sum, { ms }) => sum + ms, 0) || 1;
    return items.map(({ name, ms, calls }) => ({
      label: name,
      parts: [{ value: ms, className: "fill" }],
      cells: [duration(ms), percent(ms / total), ...(calls === undefined ? [] : [count(calls)])],
    }));
  };
  const kernels = [...run.kernels].sort((a, b) => b.ms - a.ms);
  return html`
    <section id="time">
      <h2>Where the time went</h2>
      <div class="columns">${barTable(
        "Stages",
        ["Stage", "time", "Time", "Share"],
        rows(run.stages),
      )}${kernels.length > 0 &&
        barTable("Kernels", ["Kernel", "time", "Time", "Share", "Calls"], rows(kernels))}</div>
    </section>
  `;
}

/** Options, environment and files: what it takes to make the run again. */
export function settings(run: RunSummary, tally: Tally): Markup {
  const { adapter } = run;
  const environment: readonly [string, Fragment][] = [
    ["Fiedler", run.version],
    ["Started", run.startedAt],
    ["Adapter", `${adapter.description}${adapter.software ? " (software)" : ""}`],
    ["Vendor", adapter.vendor],
    ["Architecture", adapter.architecture],
    ...(run.peakGpuBytes === null ? [] : [["Peak GPU memory", bytes(run.peakGpuBytes)] as const])
      .map(([name, value]): [string, Fragment] => [name, value]),
    ...[...tally.models].map(([name, sha256]): [string, Fragment] => {
      const known = run.weights.find((weights) => weights.name === name);
      const terms = known?.terms ? `, ${known.terms}` : "";
      return [
        name,
        html`${known ? `${known.title}${terms}: ` : ""}<code class="hash">${sha256}</code>`,
      ];
    }),
  ];
  return html`
    <section id="settings">
      <h2>To make it again</h2>
      <pre><code>${run.command}</code></pre>
      <div class="columns">
        ${optionTable("Options", run.options)}
    <div class="scroll"><table class="wide"><caption>Environment</caption><tbody>${environment.map((
      [name, value],
    ) =>
      html`
        <tr>
          <th scope="row">${name}<td>${value}</tr>
      `
    )}</tbody></table>
    ${run.outputs.length > 0 && html`
      <table class="wide">
        <caption>Files of this run</caption>
        <tbody>${run.outputs.map(({ path, what }) =>
          html`
            <tr>
              <th scope="row"><code>${path}</code><td>${what}</tr>
          `
        )}</tbody>
      </table>
    `}</div>
      </div>
    </section>
  `;
}

/** The command for one's own photos, and the paper. */
export function invitation(): Markup {
  return html`
    <section id="yours" class="invitation">
      <h2>Now your photos</h2>
      <p class="lead">A folder is all it takes. They stay on your machine.</p>
      <pre><code>./fiedler pipeline my-photos/</code></pre>
    </section>
    <section id="paper">
      <h2>The paper behind it</h2>
      <p>
        Paul Engstler, Luke Melas-Kyriazi, Christian Rupprecht, Iro Laina:
        <a href="${PAPER}" rel="noreferrer"><cite>${TITLE}</cite></a>, arXiv 2311.14665, 2023.
        Cite it when you use these masks:
      </p>
      <pre><code>${CITATION}</code></pre>
    </section>
  `;
}

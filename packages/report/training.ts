import { curves, type CurveWords } from "./curves.ts";
import { environment } from "./environment.ts";
import { count, duration, plural } from "./format.ts";
import { type Fragment, html, type Markup } from "./html.ts";
import { pageHead } from "./page.ts";
import { optionTable } from "./option_table.ts";
import type { CurveName } from "./thin.ts";
import type { TrainingSummary } from "./training_input.ts";

/** The curves of a training, each as a title, and what it is. */
const CURVE_WORDS: CurveWords<CurveName> = {
  total: ["Total", "what is minimised"],
  category: ["Cells", "which cells show an object"],
  maxProjection: ["Extent", "where masks begin and end"],
  meanProjection: ["Fill", "how full their rows and columns are"],
  pairwise: ["Pairs", "neighbours of alike colour belong together"],
  dice: ["Pixels", "overlap with the proposals"],
  gradientNorm: ["Gradient", "its norm, before clipping"],
  rate: ["Learning rate", "how far a step goes"],
};

const NOTE = "Terms are drawn times their factors; the total is their sum.";

/**
 * A course of training as one HTML page: no script, no other file, no request.
 *
 * What was learnt from, each term of the loss over the steps with its data, and all settings.
 *
 * @throws {RangeError} when steps do not rise, or a value is neither finite nor null.
 */
export function renderTraining(training: TrainingSummary): string {
  const { title, command, version } = training;
  const links = [["training", "Training"], ["settings", "Settings"]];
  return pageHead(title, links) + html`
    <header class="hero">
      <p class="eyebrow"><bdi>${title}</bdi></p>
      <h1>How the segmenter learnt</h1>
      <p class="lead">Nobody outlined anything for it: it saw proposals alone, and what they have in
        common.</p>
    </header>
    ${trainingSection(training)}
    <section id="settings">
      <h2>To make it again</h2>
      <pre><code>${command}</code></pre>
      <div class="columns">
        ${optionTable("Settings", training.settings)}
        ${environment(training.adapter, version)}
      </div>
    </section>
    </main>
    </body>
    </html>
  `.markup + "\n";
}

/** The section of training in the report of a run: with its settings behind a fold. */
export function trainingPart(training: TrainingSummary): Markup {
  const settings = html`
    <details>
      <summary>Settings of the training</summary>
      ${optionTable("", training.settings)}
    </details>
  `;
  return trainingSection(training, settings);
}

function trainingSection(training: TrainingSummary, rest: Fragment = null): Markup {
  const { network, backbone, preset, instances, pictures, adapter, metrics } = training;
  const software = adapter.software && ", a software adapter: it runs on the processor";
  return html`
    <section id="training">
      <h2>Training</h2>
      <p>${network}, on the features of <strong>${backbone}</strong>, learnt from <strong>${plural(
        instances,
        "proposal",
      )}</strong> in ${plural(pictures, "picture")} by the preset <strong>${preset}</strong>.
        ${ending(training)} Computed on ${adapter.description}${software}.</p>
      ${figures(training)}
      ${metrics.length > 0
        ? curves(metrics, CURVE_WORDS, { roundSteps: training.roundSteps, note: NOTE })
        : html`<p class="quiet">No step was recorded: there are no curves.</p>`}
      ${droppedTable(training)}
      ${rest}
    </section>
  `;
}

const planned = ({ roundSteps }: TrainingSummary): number =>
  roundSteps.reduce((sum, steps) => sum + steps, 0);

/** Says when training did not reach its end; nothing when it did. */
function ending(training: TrainingSummary): string | false {
  const { stepsDone } = training;
  return stepsDone < planned(training) &&
    `It stands at step ${count(stepsDone)} of ${count(planned(training))}: it is not finished.`;
}

function figures(training: TrainingSummary): Markup {
  const { stepsDone, roundSteps, seconds, pictures, instances } = training;
  const list: readonly [string, string][] = [
    [count(stepsDone), stepsDone === 1 ? "step" : "steps"],
    [count(roundSteps.length), roundSteps.length === 1 ? "round" : "rounds"],
    [count(pictures), pictures === 1 ? "picture" : "pictures"],
    [count(instances), instances === 1 ? "proposal" : "proposals"],
    [duration(1000 * seconds), "of training"],
    [stepsDone > 0 ? duration((1000 * seconds) / stepsDone) : "–", "a step"],
  ];
  return html`
    <dl class="figures">${list.map(([value, name]) =>
      html`
        <div>
          <dt>${name}<dd>${value}</div>
      `
    )}</dl>
  `;
}

function droppedTable({ dropped }: TrainingSummary): Markup | false {
  return dropped.length > 0 && html`
    <table class="wide">
      <caption>Pictures that were not learnt from</caption>
      <tbody>${dropped.map(({ reason, pictures }) =>
        html`
          <tr>
            <th scope="row">${reason}<td>${plural(pictures, "picture")}</tr>
        `
      )}</tbody>
    </table>
  `;
}

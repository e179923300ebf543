import { curves, type CurveWords } from "./curves.ts";
import { environment } from "./environment.ts";
import { count, duration } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { optionTable } from "./option_table.ts";
import { pageHead } from "./page.ts";
import type { PretrainingStep, PretrainingSummary } from "./pretraining_input.ts";

const CURVE_WORDS: Readonly<
  Record<
    PretrainingSummary["objective"],
    CurveWords<Exclude<keyof PretrainingStep, "step">>
  >
> = {
  mae: wordsOf("squared error of hidden patches; 1 is to predict the mean of each"),
  dino: wordsOf("cross-entropy of the student's assignments to the teacher's, in nats"),
};

function wordsOf(loss: string) {
  return {
    loss: ["Loss", loss],
    teacherEntropy: ["Entropy", "of the teacher's assignments, their mean, in nats"],
    meanEntropy: ["Entropy of the mean", "of all assignments, in nats"],
    gradientNorm: ["Gradient", "its norm, before clipping"],
    rate: ["Learning rate", "how far a step goes"],
  } as const;
}

/**
 * A pretraining as one HTML page: no script, no other file, no request. The loss and, of
 * self-distillation, what would show a collapse, over the steps with their data, and all settings.
 *
 * @throws {RangeError} when steps do not rise, or a value is neither finite nor null.
 */
export function renderPretraining(pretraining: PretrainingSummary): string {
  const { title, command, version, adapter, settings } = pretraining;
  const links = [["training", "Training"], ["settings", "Settings"]];
  return pageHead(title, links) + html`
    <header class="hero">
      <p class="eyebrow"><bdi>${title}</bdi></p>
      <h1>How the encoder learnt to see</h1>
      <p class="lead">Nobody told it what is in a picture: it saw pictures alone.</p>
    </header>
    ${trainingSection(pretraining)}
    <section id="settings">
      <h2>To make it again</h2>
      <pre><code>${command}</code></pre>
      <div class="columns">
        ${optionTable("Settings", settings)}
        ${environment(adapter, version)}
      </div>
    </section>
    </main>
    </body>
    </html>
  `.markup + "\n";
}

function trainingSection(pretraining: PretrainingSummary): Markup {
  const { objective, encoder, source, metrics, steps, adapter } = pretraining;
  const { depth, dim, patch } = encoder;
  const way = objective === "mae" ? "masked autoencoding" : "self-distillation";
  const software = adapter.software && ", a software adapter: it runs on the processor";
  const unfinished = metrics.length < steps &&
    `It stands at step ${count(metrics.length)} of ${count(steps)}: it is not finished.`;
  const note = collapseWords(pretraining);
  return html`
    <section id="training">
      <h2>Training</h2>
      <p>A vision transformer of depth ${depth}, width ${dim} and patches of ${patch} pixels learnt
        by <strong>${way}</strong> from ${source}. ${unfinished} Computed on
        ${adapter.description}${software}.</p>
      ${figures(pretraining)}
      ${metrics.length > 0
        ? curves(metrics, CURVE_WORDS[objective], { roundSteps: [steps], note })
        : html`<p class="quiet">No step was recorded: there are no curves.</p>`}
    </section>
  `;
}

/** How the entropies are read. */
function collapseWords({ prototypes }: PretrainingSummary): string {
  if (prototypes === null) return "";
  const most = Math.log(prototypes).toFixed(2);
  return `Of ${
    count(prototypes)
  } prototypes an entropy is ${most} nats at most. Where that of the ` +
    `assignments stays at ${most}, the teacher tells nothing; where that of the mean falls towards ` +
    "0, all pictures look alike to it.";
}

function figures({ metrics, batch, seconds }: PretrainingSummary): Markup {
  const steps = metrics.length;
  const list: readonly [string, string][] = [
    [count(steps), steps === 1 ? "step" : "steps"],
    [count(steps * batch), "pictures seen"],
    [duration(1000 * seconds), "of training"],
    [steps > 0 ? duration(1000 * seconds / steps) : "–", "a step"],
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

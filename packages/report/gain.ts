import { metricMeaning } from "./evaluation.ts";
import { count, plural, significant } from "./format.ts";
import { gainExamples } from "./gain_examples.ts";
import {
  type Change,
  changeOf,
  errorOf,
  gainSentence,
  metric,
  ratio,
  tenths,
} from "./gain_words.ts";
import { html, type Markup } from "./html.ts";
import { fixed } from "./svg.ts";
import type { GainNumbers, GainSummary } from "./training_input.ts";

const ROWS: readonly (readonly string[])[] = [
  ["AP", "AP50", "AP75"],
  ["AR1", "AR10", "AR100"],
  ["APs", "APm", "APl"],
  ["ARs", "ARm", "ARl"],
];

/** What the evaluation calls a gain; a page of a run without one says only that it changed. */
export function gainTitle(gain: GainSummary): string {
  return changeOf(gain, "AP").verdict === "rose" ? "What training gained" : "What training changed";
}

/**
 * Proposals against the segmenter trained on them: the verdict, the numbers, the pictures.
 *
 * @throws {RangeError} when a picture is not base64, or a mask is not of the size of its picture.
 */
export function gainSection(gain: GainSummary): Markup {
  const groups = ROWS
    .map((names) => names.filter((name) => changeOf(gain, name).verdict !== "unmeasured"))
    .filter((names) => names.length > 0);
  const most = Math.max(
    ...groups.flat().flatMap((name) => [metric(gain.raw, name), metric(gain.trained, name)])
      .map((value) => value ?? 0),
    0.01,
  );
  return html`
    <section id="gain">
      <h2>${gainTitle(gain)}</h2>
      <p class="lead">${gainSentence(gain)}</p>
      <p>To be found: ${plural(gain.objects, "object")}. AP is 100 when each is found and outlined
        exactly, and nothing else is.</p>
      <div class="scroll">
        <table class="evaluation gain">
          <caption>In percent</caption>
          <thead>
            <tr>
              <th>Metric<th><span class="key before">Proposals</span>
              <th><span class="key after">Trained</span><th>Ratio
              <th class="shift"><span class="unseen">From proposals to trained</span>
              <th class="quiet">Meaning
            </tr>
          </thead>
          ${groups.map((names) =>
            html`
              <tbody>${names.map((name) => row(gain, name, most))}</tbody>
            `
          )}
          <tbody>
            ${perPicture(gain)}
          </tbody>
        </table>
      </div>
      <p class="legend">${errorWords(gain, groups.flat())}</p>
      ${gainExamples(gain)}
    </section>
  `;
}

function row(gain: GainSummary, name: string, most: number): Markup {
  const change = changeOf(gain, name);
  const factor = ratio(change);
  return html`
    <tr>
      <th scope="row">${name}
      <td>${withError(gain.raw, name)}
      <td><strong>${withError(gain.trained, name)}</strong>
      <td>${factor === null ? "–" : `× ${significant(factor)}`}
      <td class="shift">${shift(change, most)}
      <td class="quiet">${metricMeaning(name)}${change.verdict === "unsure" &&
        "; not told apart"}</tr>
  `;
}

function withError(numbers: GainNumbers, name: string): Markup {
  const error = errorOf(numbers, name);
  return html`${tenths(metric(numbers, name))}${
    error !== null &&
    html`<small class="error"> ± ${tenths(error)}</small>`
  }`;
}

/** From one value to the other, on a scale that all rows share. */
function shift({ raw, trained }: Change, most: number): Markup {
  const at = (value: number | null) => fixed(6 + (188 * (value ?? 0)) / most);
  return html`
    <svg class="shift" viewBox="0 0 200 16" aria-hidden="true">
      <path class="rule" d="M6 8H194" />
      <path class="way" d="M${at(raw)} 8H${at(trained)}" />
      <circle class="before" cx="${at(raw)}" cy="8" r="4.5" />
      <circle class="after"
        cx="${at(trained)}" cy="8" r="5.5" />
    </svg>
  `;
}

function perPicture({ raw, trained, pictures, noun }: GainSummary): Markup {
  const mean = ({ detections }: GainNumbers) =>
    pictures > 0 ? significant(detections / pictures) : "–";
  return html`
    <tr>
      <th scope="row">Masks<td>${mean(raw)}<td><strong>${mean(trained)}</strong><td>
      <td class="shift">
      <td class="quiet">a ${noun} on average, not in percent; ${count(raw.detections)} and ${count(
        trained.detections,
      )} in all</tr>
  `;
}

function errorWords(gain: GainSummary, names: readonly string[]): string {
  const { raw, trained, differenceErrors, noun } = gain;
  const measured = raw.errors !== null || trained.errors !== null;
  const errors = measured ? `± is one standard error, from drawing the ${noun}s anew. ` : "";
  if (differenceErrors === null) {
    return `${errors}No error of the difference was measured: another choice of ${noun}s could ` +
      "say otherwise.";
  }
  const unsure = names.some((name) => changeOf(gain, name).verdict === "unsure");
  return errors +
    (unsure ? "Not told apart: the difference is within two of its own standard errors." : "");
}

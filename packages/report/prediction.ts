import { type Drawing, maskTint, overlaid } from "./figures.ts";
import { count, plural, significant } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { maskPanel } from "./mask_panel.ts";
import { optionTable } from "./option_table.ts";
import { histogram } from "./svg.ts";
import type { PredictionSummary, ScoredMask } from "./training_input.ts";

const DRAWN = 12; // masks of a picture: more hide it

/** What the trained segmenter found, beside what it learnt from. */
export function predictionSection(
  prediction: PredictionSummary,
  gallery: readonly Drawing[],
): Markup {
  const { pictures, detections, options } = prediction;
  const mean = pictures > 0 &&
    ` That is ${significant(detections / pictures)} a picture on average.`;
  return html`
    <section id="prediction">
      <h2>What the trained segmenter sees</h2>
      <p>It found <strong>${plural(detections, "object")}</strong> in ${plural(
        pictures,
        "picture",
      )}.${mean}</p>
      ${pairs(prediction, gallery)}
      <div class="columns">${scores(prediction)}${options.length > 0 &&
        optionTable("Options of prediction", options)}</div>
    </section>
  `;
}

/**
 * The photo with what was found in it; the photo is that of the card.
 *
 * @throws {RangeError} when a mask is not of the size of the picture.
 */
export function foundOverlay(
  { key, record, extent }: Drawing,
  masks: readonly ScoredMask[],
): Markup {
  const wrong = masks.find(({ mask: { size } }) => size.join() !== record.size.join());
  if (wrong) {
    throw new RangeError(
      `renderReport: masks found in ${record.image} must be [${record.size.join(", ")}], ` +
        `got [${wrong.mask.size.join(", ")}]`,
    );
  }
  const best = [...masks].sort((a, b) => b.score - a.score).slice(0, DRAWN);
  const drawn = best.map(({ mask, score }, i) => ({
    mask,
    tint: maskTint(i),
    words: `score ${score.toFixed(2)}`,
    className: "found",
  }));
  const label = `${record.image} with ${drawn.length} objects that the trained segmenter found`;
  return maskPanel(`${key}-photo`, extent, drawn, { label, fit: "slice" });
}

/** How many objects were found, and that only the best are drawn where there are more. */
export function foundCaption(found: number, words: string): string {
  const rest = found > DRAWN ? `, the best ${DRAWN} drawn` : "";
  return `${count(found)} ${words}${rest}`;
}

/** Detections of a picture of the gallery; null where there are none to show. */
export function shownFor(
  prediction: PredictionSummary | undefined,
  { record, panel }: Drawing,
): readonly ScoredMask[] | null {
  if (!prediction || !panel) return null;
  return prediction.shown.find(({ id }) => id === record.id)?.masks ?? null;
}

function pairs(prediction: PredictionSummary, gallery: readonly Drawing[]): Markup | false {
  const shown = gallery.flatMap((it) => {
    const masks = shownFor(prediction, it);
    return masks ? [{ it, masks }] : [];
  });
  return shown.length > 0 && html`
    <div class="pairs">${shown.map(({ it, masks }) =>
      html`
        <a class="pair" href="#${it.key}" aria-label="${it.record.image}: details">
          <span>${overlaid(it, { links: false })}<small>${count(
            it.kept.length,
          )} proposed</small></span>
          <span>${foundOverlay(it, masks)}<small>${foundCaption(
            masks.length,
            "found",
          )}</small></span>
        </a>
      `
    )}</div>
  `;
}

function scores({ scores }: PredictionSummary): Markup | false {
  const bins = scores.map((value, i) => ({ label: (i / scores.length).toFixed(2), value }));
  return bins.some(({ value }) => value > 0) && histogram(
    { title: "How sure it is", x: "score, from", y: "objects" },
    bins,
  );
}

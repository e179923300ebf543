import { isBase64 } from "./base64.ts";
import { maskTint } from "./figures.ts";
import { plural } from "./format.ts";
import { bestMatches, foundBy, type Match } from "./gain_match.ts";
import { html, type Markup } from "./html.ts";
import { maskPanel, type PanelMask } from "./mask_panel.ts";
import type { GainPicture, GainSummary } from "./training_input.ts";

/** A picture with what both sets found in it. */
interface Example {
  readonly key: string;
  readonly picture: GainPicture;
  readonly raw: readonly Match[];
  readonly trained: readonly Match[];
}

/** Objects, proposals and trained masks side by side; nothing without pictures. */
export function gainExamples({ examples, noun }: GainSummary): Markup | false {
  const list = examples.map((picture, i): Example => {
    expectPicture(picture);
    const raw = bestMatches(picture.raw, picture);
    const trained = bestMatches(picture.trained, picture);
    return { key: `g${i + 1}`, picture, raw, trained };
  });
  return list.length > 0 && html`
    <h3>Side by side</h3>
    <p>
      Of each ${noun} its objects, and the best masks of both, as many as there are objects. A mask
      has the colour of the object it found, with an overlap (IoU) of at least a half; dashed grey
      ones found none.
    </p>
    <div class="trios">${list.map(trio)}</div>
    ${scoreTable(list)}
  `;
}

function trio({ key, picture, raw, trained }: Example): Markup {
  const { name, size: [height, width], jpeg, objects } = picture;
  const truth = objects.map((mask, i): PanelMask => ({
    mask,
    tint: maskTint(i),
    words: `object ${i + 1}`,
    className: `i${i}`,
  }));
  const panel = (whose: string, masks: readonly PanelMask[], caption: string, outlined = false) => {
    const label = `${name}, ${whose}: ${caption}`;
    const drawing = maskPanel(`${key}-photo`, [height, width], masks, { label, outlined });
    return html`
      <figure>${drawing}<figcaption>${whose} <small>${caption}</small></figcaption></figure>
    `;
  };
  const found = (matches: readonly Match[]) =>
    objects.length > 0 ? `${foundBy(matches)} of ${objects.length} found` : "there is none";
  return html`
    <article class="trio" id="${key}">
      <svg class="definitions" aria-hidden="true" width="0" height="0">
        <defs>
          <image id="${key}-photo" width="${width}" height="${height}"
            preserveAspectRatio="none"
            href="data:image/jpeg;base64,${jpeg}" />
        </defs>
      </svg>
      <h4><bdi>${name}</bdi></h4>
      <div>${panel("Objects", truth, String(objects.length), true)}${panel(
        "Proposed",
        raw.map(drawn),
        found(raw),
      )}${panel("Trained", trained.map(drawn), found(trained))}</div>
    </article>
  `;
}

function drawn({ object, mask, score, iou }: Match): PanelMask {
  const facts = `score ${score.toFixed(2)}, IoU ${iou.toFixed(2)}`;
  return object === null ? { mask, tint: null, words: `no object, ${facts}`, className: "none" } : {
    mask,
    tint: maskTint(object),
    words: `object ${object + 1}, ${facts}`,
    className: `i${object}`,
  };
}

/** What the drawings show, as numbers. */
function scoreTable(list: readonly Example[]): Markup {
  const rows = (name: string, whose: string, matches: readonly Match[]) =>
    matches.map(({ score, object, iou }) =>
      html`
        <tr>
          <td><bdi>${name}</bdi><td>${whose}<td>${score.toFixed(3)}<td>${object === null
            ? "none"
            : object + 1}<td>${iou.toFixed(2)}</tr>
      `
    );
  return html`
    <details>
      <summary>Data <small>${plural(list.length, "picture")}</small></summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Picture<th>Masks<th>Score<th>Object<th>IoU</tr>
          </thead>
          <tbody>${list.map(({ picture: { name }, raw, trained }) => [
            rows(name, "proposed", raw),
            rows(name, "trained", trained),
          ])}</tbody>
        </table>
      </div>
    </details>
  `;
}

function expectPicture({ name, jpeg, size, objects, raw, trained }: GainPicture): void {
  if (!isBase64(jpeg)) throw new RangeError(`gain: the JPEG of ${name} must be base64`);
  const masks = [...objects, ...[...raw, ...trained].map(({ mask }) => mask)];
  const wrong = masks.find((mask) => mask.size[0] !== size[0] || mask.size[1] !== size[1]);
  if (wrong) {
    throw new RangeError(
      `gain: masks of ${name} must be [${size.join(", ")}], got [${wrong.size.join(", ")}]`,
    );
  }
}

import type { DropReason, MaskRecord } from "@fiedler/pipeline";
import {
  clusterPanels,
  cutOut,
  type Drawing,
  eigenvectorPanel,
  gridThumbnail,
  maskTint,
  overlaid,
  salient,
} from "./figures.ts";
import { count, percent, plural, significant } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { dropWords, FLAG_WORDS, RULE_WORDS, RULES } from "./words.ts";

/** Everything about one picture: what was seen, what was kept, what was dropped and why. */
export function card(it: Drawing): Markup {
  const { key, record, kept } = it;
  const dropped = record.masks.length - kept.length;
  return html`
    <article class="card" id="${key}">
    <header>
    <h3><a href="#${key}"><bdi>${record.image}</bdi></a></h3>
    <p class="quiet">${record.size[1]} × ${record.size[0]} pixels · ${record.grid[1]} × ${record
      .grid[0]} patches · ${plural(kept.length, "mask")} kept, ${count(dropped)} dropped</p>
    </header>
    ${flags(it)}
    <div class="look">
    ${viewer(it)}
    <div class="panels">${panels(it)}</div>
    </div>
    ${kept.length > 0 && html`
      <h4>Kept</h4>
      <ol class="cuts">${kept.map((m, i) => keptMask(it, m, i))}</ol>
    `}
    ${dropped > 0 && droppedMasks(it, dropped)}
    ${numbers(it)}
    </article>
  `;
}

function flags({ record }: Drawing): Markup | false {
  return record.flags.length > 0 &&
    html`<ul class="flags">${
      record.flags.map((flag) =>
        html`<li><strong>${FLAG_WORDS[flag].name}</strong> ${FLAG_WORDS[flag].meaning}</li>`
      )
    }</ul>`;
}

/** The large picture, with buttons for what is drawn over it. */
function viewer(it: Drawing): Markup {
  const views = ["Masks", "Outlines", "Spotlight", "Photo"];
  const name = `${it.key}-view`;
  return html`<div class="viewer">
${overlaid(it)}
<fieldset class="views"><legend>Show</legend>${
    views.map((view, i) =>
      html`<label><input type="radio" name="${name}" value="${view.toLowerCase()}"${
        i === 0 && html`
          checked
        `
      }>${view}</label>`
    )
  }</fieldset>
</div>`;
}

function panels(it: Drawing): Markup[] {
  const { record, panel } = it;
  const eigenvectors = (texts: readonly string[], whose: string) =>
    texts.map((text, i) => {
      const value = whose === "" ? record.eigen.values[i + 1] : undefined;
      return figure(
        eigenvectorPanel(it, text, `eigenvector ${i + 2}${whose}`),
        `Eigenvector ${i + 2}`,
        value === undefined ? "" : `λ ${value.toFixed(3)}`,
      );
    });
  const ofSaliency = panel
    ? eigenvectors(panel.saliencyEigenvectors, " of the saliency model")
    : [];
  return [
    panel && group("Eigenvectors", eigenvectors(panel.eigenvectors, ""), "large"),
    panel && group(
      "Clusters",
      clusterPanels(it).map(({ k, drawing }) => figure(drawing, `k = ${k}`, "")),
    ),
    group("Saliency", [
      ...(record.saliency ? [figure(salient(it), "Salient region", "")] : []),
      ...ofSaliency,
    ]),
  ].filter((part) => part !== null && part !== false);
}

function group(title: string, figures: readonly Markup[], size = ""): Markup | false {
  return figures.length > 0 &&
    html`
      <section>
        <h4>${title}</h4>
        <div class="tiles ${size}">${figures}</div>
      </section>
    `;
}

function figure(drawing: Markup, caption: string, detail: string): Markup {
  const words = html`${caption} <small>${detail}</small>`;
  return html`<figure>${drawing}<figcaption>${words}</figcaption></figure>`;
}

function keptMask(it: Drawing, mask: MaskRecord, place: number): Markup {
  const { id, k, cluster, component, ioa, iou, coherence, areaPatches } = mask;
  const facts = [
    `k ${k}, cluster ${cluster}, piece ${component}`,
    ...(ioa === null ? [] : [`${percent(ioa)} salient`]),
    ...(iou === null ? [] : [`IoU ${iou.toFixed(2)}`]),
    `coherence ${coherence.toFixed(2)}`,
    plural(areaPatches, "patch", "patches"),
  ];
  const tint = maskTint(place);
  return html`
    <li class="i${place}" id="${it.key}-cut${id}" tabindex="0" style="--tint:${tint}">
      ${cutOut(it, mask)}
      <div><strong>mask ${id}</strong> ${facts.map((fact) =>
        html`
          <span>${fact}</span>
        `
      )}</div>
    </li>
  `;
}

function droppedMasks({ record }: Drawing, total: number): Markup {
  const groups = RULES
    .map((rule) => ({ rule, masks: record.masks.filter((mask) => mask.dropped?.rule === rule) }))
    .filter(({ masks }) => masks.length > 0);
  const gist = groups
    .map(({ rule, masks }) => `${masks.length} ${RULE_WORDS[rule].name.toLowerCase()}`)
    .join(", ");
  return html`
    <details>
      <summary>Dropped: ${count(total)} <small>${gist}</small></summary>
      ${groups.map(({ rule, masks }) => droppedByRule(rule, masks, record.masks))}
    </details>
  `;
}

/** Masks with the very same reason share one line of words. */
function droppedByRule(
  rule: DropReason["rule"],
  masks: readonly MaskRecord[],
  all: readonly MaskRecord[],
): Markup {
  const byReason = Map.groupBy(masks, (mask) => dropWords(mask, all));
  const items = [...byReason].map(([reason, alike]) => {
    const [{ k, cluster, component }] = alike;
    const words = alike.length > 1
      ? `${alike.length} masks: ${reason}`
      : `k ${k}, cluster ${cluster}, piece ${component}: ${reason}`;
    return html`
      <li class="${alike.length > 1 ? "many" : "one"}">
        <div class="thumbs">${alike.map(droppedMask)}</div>
        <p>${words}</p>
      </li>
    `;
  });
  return html`
    <h5>${RULE_WORDS[rule].name} <small>${RULE_WORDS[rule].why}</small></h5>
    <ul class="drops">${items}</ul>
  `;
}

function droppedMask(mask: MaskRecord): Markup {
  const { id, k, cluster, component } = mask;
  return html`
    <figure title="mask ${id}: k ${k}, cluster ${cluster}, piece ${component}">
      ${gridThumbnail(mask)}<figcaption>mask ${id}</figcaption>
    </figure>
  `;
}

function numbers({ record }: Drawing): Markup {
  const { values, residuals, gaps } = record.eigen;
  const models = [record.model, record.saliencyModel].filter((model) => model !== null);
  return html`
    <details>
      <summary>Numbers</summary>
      <div class="columns">
        <table>
          <caption>Eigenvalues of the graph</caption>
          <thead>
            <tr>
              <th>i<th>λ<th>residual<th>gap to next</thead><tbody>${values.map((value, i) =>
                html`
                  <tr>
                    <td>${i + 1}<td>${value.toFixed(4)}<td>${residuals[i] === undefined
                      ? ""
                      : residuals[i].toExponential(1)}<td>${gaps[i + 1] === undefined
                      ? ""
                      : significant(gaps[i + 1])}</tr>
                `
              )}</tbody></table>
    <table><caption>Provenance</caption><tbody>
    <tr><th scope="row">Image id<td>${record.id}</tr>
    <tr><th scope="row">Resized to<td>${record.resized[1]} × ${record.resized[0]}, covered ${record
      .crop[1]} × ${record.crop[0]}</tr>
    <tr><th scope="row">Patch<td>${record.patch} pixels</tr>
    <tr><th scope="row">Seed<td>${record.seed}</tr>
    ${models.map(({ name, centred, sha256 }) =>
      html`
        <tr>
          <th scope="row">${name}<td>${centred
            ? "keys centred"
            : "keys as they are"}, <code>${sha256.slice(0, 12)}</code></tr>
      `
    )}
    <tr><th scope="row">File<td><code>${record.sha256.slice(0, 12)}</code></tr>
    </tbody></table></div></details>
  `;
}

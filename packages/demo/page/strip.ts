/// <reference lib="dom" />
import {
  type DropReason,
  dropWords,
  type MaskRecord,
  plural,
  RULE_WORDS,
  RULES,
} from "@fiedler/report";
import { byId, el } from "./dom.ts";
import { followButtons, markButtons } from "./mask_pointer.ts";
import type { Scene, View } from "./scene.ts";
import type { Selection } from "./selection.ts";
import { maskButton } from "./thumbnail.ts";
import { droppedWords, keptWords, maskName, originWords } from "./words.ts";

/** Thumbnails of a rule that are made at once; the rest are a button away. */
const FIRST = 24;

/** All masks as thumbnails: the kept ones, then the dropped ones under the rule that dropped them. */
export class Strip implements View {
  readonly #root = byId("strip");
  /** Rules whose thumbnails are all shown. */
  readonly #unfolded = new Set<string>();
  #scene: Scene | null = null;

  constructor(selection: Selection) {
    followButtons(this.#root, selection);
  }

  update(scene: Scene): void {
    if (scene.photo !== this.#scene?.photo) this.#unfolded.clear();
    this.#scene = scene;
    const focused = this.#root.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset.mask
      : undefined;
    const rows = RULES
      .map((rule) => ({ rule, masks: scene.dropped.filter((it) => it.dropped?.rule === rule) }))
      .filter(({ masks }) => masks.length > 0)
      .map(({ rule, masks }) => this.#droppedRow(rule, masks, scene));
    this.#root.replaceChildren(keptRow(scene), ...rows);
    if (focused === undefined) return;
    this.#root.querySelector<HTMLElement>(`[data-mask="${focused}"]`)?.focus({
      preventScroll: true,
    });
  }

  highlight(mask: MaskRecord | null): void {
    markButtons(this.#root, mask);
  }

  #droppedRow(rule: DropReason["rule"], masks: readonly MaskRecord[], scene: Scene): HTMLElement {
    const shown = this.#unfolded.has(rule) ? masks : masks.slice(0, FIRST);
    const thumbs = el(
      "div",
      { class: "thumbs" },
      ...shown.map((mask) => droppedButton(mask, scene)),
    );
    if (shown.length < masks.length) {
      const more = el("button", { type: "button", class: "more" }, `all ${masks.length}`);
      more.addEventListener("click", () => {
        this.#unfolded.add(rule);
        this.update(scene);
      });
      thumbs.append(more);
    }
    const { name, why } = RULE_WORDS[rule];
    return el("section", { class: "dropped" }, heading(name, masks.length, why), thumbs);
  }
}

function droppedButton(mask: MaskRecord, scene: Scene): HTMLElement {
  const reason = dropWords(mask, scene.shown.record.masks);
  const label = `${maskName(mask)}, dropped: ${reason}. ${originWords(mask)}`;
  return maskButton(mask, scene, { label, words: droppedWords(mask) });
}

function heading(name: string, count: number, why: string): HTMLElement {
  const number = el("span", { class: "count" }, String(count));
  return el("h3", {}, `${name} `, number, " ", el("small", {}, why));
}

function keptRow(scene: Scene): HTMLElement {
  const { kept, shown: { record } } = scene;
  const buttons = kept.map((mask, i) => {
    const label = `${maskName(mask)}, kept, ${i + 1} of ${kept.length}. ${originWords(mask)}`;
    return maskButton(mask, scene, { label, words: keptWords(mask) });
  });
  const why = `of ${plural(record.masks.length, "piece")}, best first`;
  const empty = el("p", { class: "hint" }, "No mask is left: lower the saliency score.");
  const thumbs = el("div", { class: "thumbs" }, ...(kept.length > 0 ? buttons : [empty]));
  return el("section", { class: "kept" }, heading("Kept", kept.length, why), thumbs);
}

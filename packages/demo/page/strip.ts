/// <reference lib="dom" />
import { dropWords, type MaskRecord, plural, RULE_WORDS, RULES } from "@fiedler/report";
import { byId, el } from "./dom.ts";
import { followButtons, markButtons } from "./mask_buttons.ts";
import type { Scene, View } from "./scene.ts";
import type { Selection } from "./selection.ts";
import { maskButton } from "./thumbnail.ts";
import { droppedWords, keptWords, maskName, originWords } from "./words.ts";

/** Thumbnails of a rule that are made at once; the rest are a button away. */
const FIRST = 24;

/** All masks as thumbnails: the kept ones, then the dropped ones under the rule that dropped them. */
export function makeStrip(selection: Selection): View {
  const root = byId("strip");
  const unfolded = new Set<string>();
  let scene: Scene | null = null;
  followButtons(root, selection);

  const draw = () => {
    if (!scene) return;
    const focused = (document.activeElement as HTMLElement | null)?.dataset.mask;
    const hadFocus = root.contains(document.activeElement);
    const current = scene;
    const rows = RULES.map((rule) => {
      const masks = current.dropped.filter(({ dropped }) => dropped?.rule === rule);
      return masks.length > 0 ? droppedRow(rule, masks, current) : null;
    });
    root.replaceChildren(keptRow(scene), ...rows.filter((row) => row !== null));
    if (hadFocus && focused !== undefined) {
      root.querySelector<HTMLElement>(`[data-mask="${focused}"]`)?.focus({ preventScroll: true });
    }
  };

  const droppedRow = (
    rule: (typeof RULES)[number],
    masks: readonly MaskRecord[],
    scene: Scene,
  ): HTMLElement => {
    const shown = unfolded.has(rule) ? masks : masks.slice(0, FIRST);
    const all = scene.shown.record.masks;
    const thumbs = el(
      "div",
      { class: "thumbs" },
      ...shown.map((mask) => {
        const label = `${maskName(mask)}, dropped: ${dropWords(mask, all)}. ${originWords(mask)}`;
        return maskButton(mask, scene, { label, words: droppedWords(mask) });
      }),
    );
    if (shown.length < masks.length) {
      const more = el("button", { type: "button", class: "more" }, `all ${masks.length}`);
      more.addEventListener("click", () => {
        unfolded.add(rule);
        draw();
      });
      thumbs.append(more);
    }
    const { name, why } = RULE_WORDS[rule];
    const count = el("span", { class: "count" }, String(masks.length));
    const heading = el("h3", {}, name, " ", count, " ", el("small", {}, why));
    return el("section", { class: `dropped ${rule}` }, heading, thumbs);
  };

  return {
    update(next) {
      if (next.photo !== scene?.photo) unfolded.clear();
      scene = next;
      draw();
    },
    highlight: (mask) => markButtons(root, mask),
  };
}

function keptRow(scene: Scene): HTMLElement {
  const { kept, shown: { record } } = scene;
  const buttons = kept.map((mask, i) => {
    const label = `${maskName(mask)}, kept, ${i + 1} of ${kept.length}. ${originWords(mask)}`;
    return maskButton(mask, scene, { label, words: keptWords(mask) });
  });
  const why = `of ${plural(record.masks.length, "piece")}, best first`;
  const count = el("span", { class: "count" }, String(kept.length));
  const heading = el("h3", {}, "Kept ", count, " ", el("small", {}, why));
  const empty = el("p", { class: "hint" }, "No mask is left: lower the saliency score.");
  const thumbs = el("div", { class: "thumbs" }, ...(kept.length > 0 ? buttons : [empty]));
  return el("section", { class: "kept" }, heading, thumbs);
}

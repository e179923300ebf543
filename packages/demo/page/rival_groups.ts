/// <reference lib="dom" />
import { dropWords, type MaskRecord, percent } from "@fiedler/report";
import { byId, el } from "./dom.ts";
import { followButtons, markButtons } from "./mask_pointer.ts";
import type { Scene, View } from "./scene.ts";
import type { Selection } from "./selection.ts";
import { maskButton } from "./thumbnail.ts";
import { keptWords, maskName } from "./words.ts";

/** Each kept mask with those that it was found better than. */
export function makeRivalGroups(selection: Selection): View {
  const root = byId("step-nms").querySelector<HTMLElement>(".groups")!;
  followButtons(root, selection);
  return {
    update(scene) {
      const groups = scene.kept.map((mask) => ({ mask, losers: losersOf(mask, scene) }));
      const contested = groups.filter(({ losers }) => losers.length > 0);
      const alone = groups.filter(({ losers }) => losers.length === 0).map(({ mask }) => mask);
      root.replaceChildren(
        ...contested.map(({ mask, losers }) => contest(mask, losers, scene)),
        alone.length === 0 ? "" : el(
          "div",
          { class: "group" },
          el("span", { class: "hint" }, "without rivals"),
          ...alone.map((mask) => winner(mask, scene)),
        ),
      );
    },
    highlight: (mask) => markButtons(root, mask),
  };
}

const losersOf = ({ id }: MaskRecord, { shown: { record } }: Scene): readonly MaskRecord[] =>
  record.masks.filter(({ dropped }) => dropped?.rule === "nms" && dropped.rival === id);

function contest(mask: MaskRecord, losers: readonly MaskRecord[], scene: Scene): HTMLElement {
  const words = el("span", { class: "hint" }, "instead of");
  return el(
    "div",
    { class: "group" },
    winner(mask, scene),
    words,
    ...losers.map((loser) =>
      maskButton(loser, scene, {
        label: `${maskName(loser)}: ${dropWords(loser, scene.shown.record.masks)}`,
        words: loser.dropped?.rule === "nms" ? percent(loser.dropped.iou) : "",
      })
    ),
  );
}

const winner = (mask: MaskRecord, scene: Scene): HTMLElement =>
  maskButton(mask, scene, { label: `${maskName(mask)}, kept`, words: keptWords(mask) });

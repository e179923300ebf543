/// <reference lib="dom" />
import { dropWords, type MaskRecord, percent, plural } from "@fiedler/report";
import { byId, el, tinted } from "./dom.ts";
import { fatesOf } from "./fates.ts";
import { maskAt } from "./mask_pointer.ts";
import type { Scene, View } from "./scene.ts";
import type { Selection } from "./selection.ts";
import { maskName } from "./words.ts";

/** A station of a mask's way. */
interface Station {
  readonly name: string;
  readonly words: string;
  /** Null where nothing was decided. */
  readonly passed: boolean | null;
}

/** Where the mask that is looked at came from, station by station, and why it was dropped. */
export function makeProvenance(selection: Selection): View {
  const root = byId("details");
  let scene: Scene | null = null;
  root.addEventListener("click", (event) => {
    const id = maskAt(event);
    if (id !== null) selection.pin(id);
  });
  return {
    update: (next) => scene = next,
    highlight(mask) {
      if (!scene) return;
      const hint = "Point at a mask, kept or dropped, to see where it came from.";
      root.replaceChildren(
        ...(mask ? story(mask, scene) : [...fatesOf(scene), el("p", { class: "hint" }, hint)]),
      );
    },
  };
}

function story(mask: MaskRecord, scene: Scene): Node[] {
  const kept = mask.dropped === null;
  const swatch = tinted(el("span", { class: "swatch" }), scene.tints.get(mask.id) ?? "transparent");
  const fate = el("span", { class: kept ? "fate kept" : "fate" }, kept ? "kept" : "dropped");
  const title = el("h2", {}, swatch, `Mask ${mask.id} `, fate);
  const reason = dropWords(mask, scene.shown.record.masks);
  const why = el("p", { class: "why" }, capital(reason) + ".");
  const way = el("ol", { class: "way" }, ...stations(mask, scene).map(stationItem));
  return [title, ...(kept ? [] : [why]), way, ...relatives(mask, scene)];
}

function stations(mask: MaskRecord, { shown: { record } }: Scene): Station[] {
  const { k, cluster, component, areaPatches, ioa, iou, coherence, rank, dropped } = mask;
  const order = ["area", "size", "saliency", "nms"];
  const failed = dropped ? order.indexOf(dropped.rule) : order.length;
  const passed = (at: number) => at < failed ? true : at === failed ? false : null;
  const share = areaPatches / (record.grid[0] * record.grid[1]);
  const size = passed(0) === true ? passed(1) : passed(0);
  return [
    { name: "Cut", words: `k = ${k}, cluster ${cluster}, piece ${component}`, passed: true },
    {
      name: "Size",
      words: `${plural(areaPatches, "patch", "patches")}, ${percent(share)} of all`,
      passed: size,
    },
    {
      name: "Saliency",
      words: ioa === null ? "not asked" : `${percent(ioa)} inside, IoU ${iou!.toFixed(2)}`,
      passed: ioa === null ? null : passed(2),
    },
    {
      name: "Rank",
      words: rank === null ? "none" : `${rank + 1} of ${record.counts.afterSaliency} that passed`,
      passed: passed(3),
    },
    { name: "Coherence", words: `${coherence.toFixed(2)}, how alike its keys are`, passed: null },
  ];
}

function stationItem({ name, words, passed }: Station): HTMLElement {
  const state = passed === null ? "open" : passed ? "passed" : "failed";
  const mark = el("span", { class: "mark", "aria-hidden": "true" });
  return el("li", { class: state }, mark, el("span", {}, name), el("span", {}, words));
}

/** The mask that stood in its way, or those that it stood in the way of. */
function relatives(mask: MaskRecord, { shown: { record } }: Scene): Node[] {
  const link = ({ id }: { id: number }) =>
    el("button", { type: "button", class: "link", "data-mask": id }, maskName({ id }));
  const { dropped } = mask;
  if (dropped?.rule === "nms") {
    return [el("p", { class: "relatives" }, "Its rival: ", link({ id: dropped.rival }))];
  }
  const losers = record.masks
    .filter((other) => other.dropped?.rule === "nms" && other.dropped.rival === mask.id);
  if (losers.length === 0) return [];
  return [el("p", { class: "relatives" }, "It stood for ", ...separated(losers.map(link)))];
}

const separated = (nodes: readonly Node[]): (Node | string)[] =>
  nodes.flatMap((node, i) => i === 0 ? [node] : [", ", node]);

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/// <reference lib="dom" />
import { plural, RULE_WORDS, RULES } from "@fiedler/report";
import { el } from "./dom.ts";
import type { Scene } from "./scene.ts";

/** What became of all pieces: how many were kept, and how many each rule dropped. */
export function fatesOf({ kept, dropped, shown: { record } }: Scene): readonly HTMLElement[] {
  const all = record.masks.length;
  const rows = [
    { name: "Kept", count: kept.length, kind: "kept" },
    ...RULES.map((rule) => ({
      name: RULE_WORDS[rule].name,
      count: dropped.filter((mask) => mask.dropped?.rule === rule).length,
      kind: rule,
    })),
  ];
  return [
    el("h2", {}, `What became of ${plural(all, "piece")}`),
    el(
      "ul",
      { class: "fates" },
      ...rows.map(({ name, count, kind }) => fate(name, count / (all || 1), count, kind)),
    ),
  ];
}

function fate(name: string, share: number, count: number, kind: string): HTMLElement {
  const bar = el("span", { class: `bar ${kind}` });
  bar.style.setProperty("width", `${100 * share}%`);
  return el(
    "li",
    {},
    el("span", {}, name),
    el("span", { "aria-hidden": "true" }, bar),
    el("b", {}, String(count)),
  );
}

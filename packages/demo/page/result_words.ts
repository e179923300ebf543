/// <reference lib="dom" />
import { FLAG_WORDS, plural } from "@fiedler/report";
import { announce } from "./banners.ts";
import { byId, el } from "./dom.ts";
import type { Scene } from "./scene.ts";
import { timeWords } from "./words.ts";

/** Share of the time from which on a part is told. */
const TOLD = 0.04;

/** Numbers of the result, how long it took, and what lowers the trust in it. */
export function tellResult({ kept, shown: { record, times } }: Scene): void {
  const words = `${plural(kept.length, "mask")} of ${plural(record.masks.length, "piece")}`;
  byId("summary").textContent = words;
  announce(words);
  const total = times.reduce((sum, { ms }) => sum + ms, 0);
  byId("times").textContent = [
    `in ${timeWords(total)}`,
    ...times.filter(({ ms }) => ms > TOLD * total).map(({ part, ms }) =>
      `${part} ${timeWords(ms)}`
    ),
  ].join(" · ");
  byId("flags").replaceChildren(...record.flags.map((flag) => {
    const { name, meaning } = FLAG_WORDS[flag];
    return el("li", {}, el("strong", {}, name), " ", meaning);
  }));
}

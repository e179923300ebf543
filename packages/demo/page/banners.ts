/// <reference lib="dom" />
import { atRest } from "./at_rest.ts";
import { byId, el } from "./dom.ts";

/** What a banner is about: a newer one of a topic takes the place of the older. */
export type Topic = "device" | "error" | "address";

/** Shows words across the top of the page until they are closed, or {@linkcode unsay} is called. */
export function say(topic: Topic, ...words: readonly (string | Node)[]): void {
  unsay(topic);
  const close = el("button", { type: "button", class: "icon", "aria-label": "Close" }, "×");
  const banner = el(
    "div",
    { class: `banner ${topic}`, "data-topic": topic },
    el("div", {}, ...words),
    close,
  );
  close.addEventListener("click", () => banner.remove());
  byId("banners").append(banner);
}

/** Takes a banner away. */
export function unsay(topic: Topic): void {
  byId("banners").querySelector(`[data-topic=${topic}]`)?.remove();
}

/** Shows an error, unless it only says that something newer was asked for. */
export function sayError(doing: string, error: unknown): void {
  if ((error as Error | null)?.name === "AbortError") return;
  const words = error instanceof Error ? error.message : String(error);
  say("error", el("strong", {}, doing), " ", words);
}

/** Tells those who hear the page, once what they do comes to rest. */
export const announce = atRest(400, (words: string) => {
  byId("announcer").textContent = words;
});
